"""To which row a ciphertext belongs, and how the database hands that row's key out beside it.

A bound value opens only with its row's key. A SELECT of the column therefore selects the key columns, packed, in front of
the ciphertext, so that it can be opened wherever it turns up: `SELECT users.email` as well as whole rows, aliases and joins."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import CHAR, BigInteger, Date, Enum, Integer, LargeBinary, String, Uuid, cast, func, literal_column
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.schema import Column, Table

from ..items import UUID_ROW, row_field, subject_field
from ..records import KeyValue

#: PostgreSQL counts days from here.
POSTGRES_EPOCH = datetime.date(2000, 1, 1)


class KeyPart:
    """One key column: its SQL, in a form of fixed size or with its length in front, and how that is read.

    A parameter of another type than `kind` is converted as the database would, or refused with a TypeError: it must name the
    row by the same bytes that are read back."""

    def __init__(
        self,
        kind: type[Any],
        size: int | None,
        pack: Callable[[Any], Any],
        read: Callable[[bytes], KeyValue],
        convertible: tuple[type[Any], ...] = (),
    ) -> None:
        self.kind, self.size, self.pack, self.read, self._convertible = kind, size, pack, read, convertible

    def value(self, given: Any) -> KeyValue:
        if type(given) is self.kind:
            return given  # type: ignore[no-any-return]
        if not isinstance(given, (bool, datetime.datetime, enum.Enum)):
            if isinstance(given, self.kind):
                return given  # type: ignore[no-any-return]
            if isinstance(given, self._convertible):
                try:
                    return self.kind(given)  # type: ignore[no-any-return]
                except ValueError:
                    pass
        raise TypeError(f"{self.kind.__name__} expected, not {type(given).__name__}")


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)


def _days(data: bytes) -> datetime.date:
    return POSTGRES_EPOCH + datetime.timedelta(_signed(data))


def _utf8(column: Any) -> Any:
    return func.convert_to(column, literal_column("'UTF8'"))


_INTEGER = KeyPart(int, 8, lambda column: func.int8send(cast(column, BigInteger)), _signed)
_UUID = KeyPart(uuid.UUID, 16, func.uuid_send, lambda data: uuid.UUID(bytes=data), (str,))
_DATE = KeyPart(datetime.date, 4, func.date_send, _days)
_TEXT = KeyPart(str, None, _utf8, bytes.decode)
_BINARY = KeyPart(bytes, None, lambda column: column, lambda data: data, (bytearray, memoryview))


def key_part(column: Column[Any]) -> KeyPart:
    # CHAR pads, and an Enum is stored by a name of its own.
    if not isinstance(column.type, (CHAR, Enum)):
        for kind, part in ((Integer, _INTEGER), (Uuid, _UUID), (Date, _DATE), (LargeBinary, _BINARY), (String, _TEXT)):
            if isinstance(column.type, kind):
                return part
    raise ArgumentError(
        f"{column}: a column of type {column.type!r} cannot identify a row; use integer, UUID, text, bytes or date"
    )


class RowKey:
    """The columns of a table that name the row of a bound value, in the catalog's order."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        missing = [name for name in names if name not in table.c]
        if missing:
            raise ArgumentError(f"{table.name}: bound_to names {missing[0]!r}, which is no column of the table")
        self.columns: list[Column[Any]] = [table.c[name] for name in names]
        self.parts = [key_part(column) for column in self.columns]
        #: The size of the packed key, where it is always the same.
        self.fixed = self.parts[0].size if len(names) == 1 else None
        self._is_uuid = self.parts == [_UUID]

    def packed(self, column: ColumnElement[Any]) -> ColumnElement[bytes]:
        """SQL for the key of the row that `column`, of the table or of an alias or subquery of it, is selected from."""
        packed: Any = None
        for key, part in zip(self.columns, self.parts):
            sql = part.pack(self._beside(column, key))
            if part.size is None:
                sql = func.int4send(func.octet_length(sql)).op("||", return_type=LargeBinary())(sql)
            packed = sql if packed is None else packed.op("||", return_type=LargeBinary())(sql)
        return packed  # type: ignore[no-any-return]

    def _beside(self, column: ColumnElement[Any], key: Column[Any]) -> ColumnElement[Any]:
        selectable = getattr(column, "table", None)
        found = None if selectable is None else selectable.c.get(key.key)
        if found is None or not found.shares_lineage(key):
            found = None if selectable is None else next((c for c in selectable.c if c.shares_lineage(key)), None)
        if found is None:
            raise InvalidRequestError(
                f"{column}: the value is bound to {key}, which is not selected beside it: an expression over an encrypted "
                f"column cannot be opened, and a subquery needs the column {key.name} too"
            )
        return found  # type: ignore[no-any-return]

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """The packed key and the ciphertext."""
        at = self.fixed
        if at is None:
            at = 0
            for part in self.parts:
                at += part.size if part.size is not None else 4 + int.from_bytes(data[at : at + 4], "big")
        return data[:at], data[at:]

    def values(self, packed: bytes) -> tuple[KeyValue, ...]:
        at, values = 0, []
        for part in self.parts:
            size = part.size
            if size is None:
                size = int.from_bytes(packed[at : at + 4], "big")
                at += 4
            values.append(part.read(packed[at : at + size]))
            at += size
        return tuple(values)

    def record(self, packed: bytes) -> bytes:
        """The item's `record_id` field, of a packed key."""
        return UUID_ROW + packed if self._is_uuid else row_field(self.values(packed))

    def records(self, packed: list[bytes], known: dict[bytes, bytes]) -> list[bytes]:
        """`record` of each packed key; `known`: those of keys that were seen before."""
        if self._is_uuid:
            return [UUID_ROW + name for name in packed]
        for name in packed:
            if name not in known:
                known[name] = self.record(name)
        return [known[name] for name in packed]

    def fields(self, columns: Sequence[Sequence[Any]]) -> list[bytes | None]:
        """`field` of each row, of the values of its key columns; None where a part of its key is not known."""
        if self._is_uuid and set(map(type, columns[0])) == {uuid.UUID}:
            # As `bytes` of a UUID does, which is a call more.
            return [UUID_ROW + value.int.to_bytes(16, "big") for value in columns[0]]
        return [None if None in parts else self.field(parts) for parts in zip(*columns)]

    def field(self, given: Sequence[Any]) -> bytes:
        """The item's `record_id` field, of the values of the key columns. Raises TypeError for what names no row."""
        if len(given) == 1:
            return row_field((self.parts[0].value(given[0]),))
        return row_field([part.value(value) for part, value in zip(self.parts, given)])


class Subject:
    """The column of a table that names whom a value belongs to."""

    def __init__(self, table: Table, name: str) -> None:
        if name not in table.c:
            raise ArgumentError(f"{table.name}: subject names {name!r}, which is no column of the table")
        self.column: Column[Any] = table.c[name]
        self._part = key_part(self.column)
        if self._part is _DATE:
            raise ArgumentError(f"{self.column}: a date cannot name a subject; use integer, UUID, text or bytes")

    def field(self, given: Any) -> bytes:
        """The item's `subject` field: text as UTF-8, a UUID in its usual form and an integer in decimal digits, as an operator names
        them too. Raises TypeError for what names none."""
        value = self._part.value(given)
        return subject_field(value if isinstance(value, bytes) else str(value).encode())
