"""Another key for a row whose values are bound to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import LargeBinary, Text, column, select, table, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.schema import Table

from ..errors import FieldsealError
from ..exchange import REBIND
from ..forms import from_text
from ..items import rebind_item
from ..values import Moved, Value
from .types import Encrypted


def rebind_row(run: Any, connection: Connection, of: Table, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for sealed in of.c:
        if isinstance(sealed.type, Encrypted) and sealed.type.subject in new:
            raise ArgumentError(
                f"{sealed}: its subject {sealed.type.subject} changes where the session writes the value anew, not here"
            )
    # The same table without its types: ciphertext is read and written as it is.
    raw = table(of.name, *(column(c.name, _raw(c.type)) for c in of.c), schema=of.schema)
    chosen = [raw.c[of.c[name].name] == value for name, value in old.items()]
    row = connection.execute(select(raw).where(*chosen).with_for_update()).mappings().one()
    moved = {name: item for name, item in _moved(of, row, new) if item is not None}
    values: dict[str, Any] = {of.c[name].name: value for name, value in new.items()}
    for (name, item), result in zip(moved.items(), run(REBIND, [rebind_item(item) for item in moved.values()])):
        if isinstance(result, FieldsealError):
            raise result.at(item.value.field, item.value.record)
        values[of.c[name].name] = of.c[name].type.stored(result)
    connection.execute(update(raw).where(*chosen).values(values))


def _raw(type_: Any) -> Any:
    return type_ if not isinstance(type_, Encrypted) else Text() if type_.text else LargeBinary()


def _moved(of: Table, row: Mapping[Any, Any], new: Mapping[str, Any]) -> Any:
    for sealed in of.c:
        type_: Any = sealed.type
        ciphertext = row[sealed.name]
        if not isinstance(type_, Encrypted) or ciphertext is None or type_.sealing.key is None:
            continue
        key = type_.sealing.key.columns
        before = tuple(row[part.name] for part in key)
        after = tuple(new.get(part.key, row[part.name]) for part in key)
        if before != after:
            binary = (from_text(ciphertext) or b"") if type_.text else bytes(ciphertext)
            value = Value(type_.sealing.field, binary, before, type_.context)
            yield sealed.key, Moved(value, after, type_.context)
