"""Items of a batch in their wire form. The hot path of large batches: written by hand, since building a message object for
each value costs several times what encrypting it does; the tests hold it against protobuf's own encoding."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence

from .records import KeyValue, key_column, record_id
from .values import Moved, Record, Value

SHORT = 16_384
#: Of so many sizes of records, and for each of so many sizes of values, is kept what an item begins with.
RECORDS, VALUES = 16, 4_096


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


_VARINTS = [_varint(number) for number in range(SHORT)]


def varint(number: int) -> bytes:
    return _VARINTS[number] if number < SHORT else _varint(number)


def counted(tag: bytes, content: bytes) -> bytes:
    """A length-delimited field."""
    return tag + varint(len(content)) + content


def record_field(record: Record | None, tag: bytes = b"\x1a") -> bytes:
    """Field 3 (`record_id`) of an item, or that of another tag; nothing where there is no record."""
    return b"" if record is None else counted(tag, record_id(record).SerializeToString())


#: What `row_field` of one UUID begins with; its 16 bytes follow.
UUID_ROW = b"\x1a\x14\x0a\x12\x1a\x10"


def row_field(key: Sequence[KeyValue]) -> bytes:
    """`record_field` of a row's key columns, quickly for the usual keys of one integer or UUID."""
    if len(key) == 1:
        (value,) = key
        kind = type(value)
        if kind is uuid.UUID:
            return UUID_ROW + value.bytes  # type: ignore[union-attr]
        if kind is int and -(2**63) <= value < 2**63:  # type: ignore[operator]
            column = b"\x08" + varint((value << 1) ^ (value >> 63))  # type: ignore[operator]
            size = len(column)
            return bytes((0x1A, size + 2, 0x0A, size)) + column
    columns = [key_column(value).SerializeToString() for value in key]
    return counted(b"\x1a", b"".join(counted(b"\x0a", column) for column in columns))


class _Fronts(dict[int, bytes]):
    """What an item begins with, up to its value, by the value's size. `rest`: bytes of the item behind its value."""

    def __init__(self, head: bytes, rest: int) -> None:
        super().__init__()
        self._head, self._rest = head, len(head) + rest

    def __missing__(self, size: int) -> bytes:
        length = varint(size)
        front = b"\n" + varint(self._rest + len(length) + size) + self._head + length
        if len(self) < VALUES:
            self[size] = front
        return front


class _FrontsByRecord(dict[int, _Fronts]):
    """The same, by the record's size."""

    def __init__(self, head: bytes, tail: bytes) -> None:
        super().__init__()
        self._head, self._tail = head, len(tail)

    def __missing__(self, size: int) -> _Fronts:
        fronts = _Fronts(self._head, size + self._tail)
        if len(self) < RECORDS:
            self[size] = fronts
        return fronts


def items_maker(
    field: str, context: bytes | None = None, indexes: tuple[str, ...] = (), subject: bytes = b""
) -> Callable[[Iterable[bytes], Iterable[bytes]], list[bytes]]:
    """Makes EncryptItems or DecryptItems of one field from values and the `record_field` of each."""
    tail = b"" if context is None else counted(b"\x22", context)
    tail += b"".join(counted(b"\x2a", index.encode()) for index in indexes)
    tail += subject_field(subject)
    fronts, join = _FrontsByRecord(counted(b"\x0a", field.encode()) + b"\x12", tail), b"".join

    # One function for all values of a column: a call for each would take as long as its work.
    def make(values: Iterable[bytes], records: Iterable[bytes]) -> list[bytes]:
        return [join((fronts[len(record)][len(value)], value, record, tail)) for value, record in zip(values, records)]

    return make


def subject_field(subject: bytes) -> bytes:
    """Field 6 (`subject`) of an EncryptItem; nothing where there is none. May follow a `record_field`."""
    return counted(b"\x32", subject) if subject else b""


def encrypt_item(value: Value) -> bytes:
    make = items_maker(value.field, value.context, value.indexes, value.subject)
    return make((value.data,), (record_field(value.record),))[0]


def decrypt_item(value: Value) -> bytes:
    return items_maker(value.field, value.context)((value.data,), (record_field(value.record),))[0]


def rebind_item(moved: Moved) -> bytes:
    value = moved.value
    body = counted(b"\x0a", value.field.encode()) + counted(b"\x12", value.data) + record_field(value.record)
    body += b"" if value.context is None else counted(b"\x22", value.context)
    body += record_field(moved.record, b"\x2a")
    body += b"" if moved.context is None else counted(b"\x32", moved.context)
    return counted(b"\x0a", body)


def blind_index_item(value: Value) -> bytes:
    body = counted(b"\x0a", value.field.encode()) + counted(b"\x12", value.data)
    body += b"".join(counted(b"\x1a", index.encode()) for index in value.indexes)
    body += b"\x20\x01" if value.is_term else b""
    return counted(b"\x0a", body + (counted(b"\x2a", value.beside) if value.beside else b""))


def name_item(name: str) -> bytes:
    return counted(b"\x0a", name.encode())
