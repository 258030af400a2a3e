"""What goes into a batch and what comes out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple, Union

from .errors import FieldsealError
from .records import KeyValue

Record = Union[Sequence[KeyValue], KeyValue]


@dataclasses.dataclass(frozen=True)
class Value:
    """A plaintext or a ciphertext of `field` ("table.column"), of the row `record`, in the caller's `context`.

    A plaintext of a field with subject keys belongs to a `subject` (1 to 256 bytes): it opens no more once that is erased.
    `is_term`, for `blind_index`: it is a part of values that is searched for, their beginning in a prefix index.
    `beside`, for `blind_index` with an index of a pair: the value of its other field."""

    field: str
    data: bytes = dataclasses.field(repr=False)
    record: Union[Record, None] = None
    context: bytes | None = None
    indexes: tuple[str, ...] = ()
    subject: bytes = dataclasses.field(default=b"", repr=False)
    is_term: bool = False
    beside: bytes = dataclasses.field(default=b"", repr=False)


@dataclasses.dataclass(frozen=True)
class Moved:
    """A ciphertext, and the row and context that it shall be sealed for instead."""

    value: Value
    record: Union[Record, None] = None
    context: bytes | None = None


class Sealed(NamedTuple):
    """A ciphertext and the blind indexes asked for, in the order asked."""

    ciphertext: bytes
    indexes: tuple[bytes, ...] = ()


def raise_for(results: list[Any]) -> list[Any]:
    """The results, if none of them is an error; otherwise raises the first."""
    for result in results:
        if isinstance(result, FieldsealError):
            raise result
    return results
