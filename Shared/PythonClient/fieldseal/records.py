"""Row identities as the services bind them: typed, so that 42, "42" and a UUID never meet."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Union

from .v1 import common_pb2

KeyValue = Union[int, str, bytes, uuid.UUID, datetime.date]
EPOCH = datetime.date(1970, 1, 1)


def key_column(value: KeyValue) -> common_pb2.KeyColumn:
    """Raises TypeError for a type that cannot be part of a row's key."""
    if isinstance(value, bool) or isinstance(value, datetime.datetime):
        raise TypeError(f"{type(value).__name__} cannot be part of a row's key")
    if isinstance(value, int):
        return common_pb2.KeyColumn(integer=value)
    if isinstance(value, str):
        return common_pb2.KeyColumn(text=value)
    if isinstance(value, uuid.UUID):
        return common_pb2.KeyColumn(uuid=value.bytes)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return common_pb2.KeyColumn(binary=bytes(value))
    if isinstance(value, datetime.date):
        return common_pb2.KeyColumn(date=(value - EPOCH).days)
    raise TypeError(f"{type(value).__name__} cannot be part of a row's key")


def record_id(values: Sequence[KeyValue] | KeyValue) -> common_pb2.RecordId:
    """The key columns in the catalog's order; a lone value is a key of one column."""
    if isinstance(values, Sequence) and not isinstance(values, (str, bytes, bytearray, memoryview)):
        return common_pb2.RecordId(columns=[key_column(value) for value in values])
    return common_pb2.RecordId(columns=[key_column(values)])  # type: ignore[arg-type]
