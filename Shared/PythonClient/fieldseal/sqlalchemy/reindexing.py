"""A blind index for rows that were written before it was declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.schema import Column

from ..errors import FieldsealError
from ..exchange import BLIND_INDEX, LARGEST_INDEX
from ..items import blind_index_item
from ..values import Value
from .indexes import BlindIndex


def fill_index_of(run: Any, connection: Connection, index: Column[Any], size: int) -> int:
    type_: Any = index.type
    if not isinstance(type_, BlindIndex):
        raise ArgumentError(f"{index} is no blind index")
    table, source = index.table, type_.source
    keys = list(table.primary_key.columns)
    # Locked: no row's value changes before its index is written. Rows that others fill or change are theirs.
    unfilled = select(*keys, source).where(index.is_(None), source.is_not(None)).limit(size)
    rows = connection.execute(unfilled.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    field, encode = source.type.field, source.type.encode  # type: ignore[attr-defined]
    items = [blind_index_item(Value(field, encode(row[-1]), indexes=(type_.index,))) for row in rows]
    written = []
    for row, result in zip(rows, run(BLIND_INDEX.longer(LARGEST_INDEX), items)):
        if isinstance(result, FieldsealError):
            raise result.at(field, tuple(row[:-1]))
        made = {f"key_{at}": part for at, part in enumerate(row[:-1])}
        written.append(made | {"made": type_.stored(result[0])})
    chosen = [key == bindparam(f"key_{at}", type_=key.type) for at, key in enumerate(keys)]
    connection.execute(update(table).where(*chosen).values({index.name: bindparam("made")}), written)
    return len(rows)
