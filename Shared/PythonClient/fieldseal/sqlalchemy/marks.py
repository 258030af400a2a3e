"""What stands for values on their way to the database, and shows none of them."""

from __future__ import annotations

from typing import Any

SHOWN = "<encrypted>"
#: The attribute of a dialect that holds its middleware.
INSTALLED = "_fieldseal"


class Ciphertext(bytes):
    """Bytes for the database, which logs and errors do not show."""

    def __repr__(self) -> str:
        return SHOWN

    __str__ = __repr__


class CiphertextText(str):
    """The same for text columns."""

    __slots__ = ()

    def __repr__(self) -> str:
        return SHOWN


class Pending:
    """Stands in a blind index column until the middleware computes the index of the value that is written beside it."""

    def __repr__(self) -> str:
        return SHOWN


PENDING = Pending()


class Wanted:
    """A value that is looked for in a blind index, of which the middleware makes the index, or a part of values that match
    `pattern`. No driver takes it."""

    __slots__ = ("pattern", "type", "value")

    def __init__(self, type_: Any, value: Any, pattern: Any = None) -> None:
        self.type, self.value, self.pattern = type_, value, pattern

    def __repr__(self) -> str:
        return SHOWN
