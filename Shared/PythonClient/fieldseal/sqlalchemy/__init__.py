"""Encrypted columns for SQLAlchemy: declare the type, install the middleware, and forget both."""

from sqlalchemy.types import TypeDecorator

from . import flush, tracking, unreadable
from .alembic import render_item
from .indexes import BlindIndex, CompoundIndex, PrefixIndex, TrigramIndex
from .middleware import EncryptionMiddleware
from .types import (
    EncryptedBytes,
    EncryptedDate,
    EncryptedInteger,
    EncryptedJSON,
    EncryptedNumeric,
    EncryptedString,
    EncryptedText,
)

__all__ = [
    "BlindIndex",
    "CompoundIndex",
    "EncryptedBytes",
    "EncryptedDate",
    "EncryptedInteger",
    "EncryptedJSON",
    "EncryptedNumeric",
    "EncryptedString",
    "EncryptedText",
    "EncryptionMiddleware",
    "PrefixIndex",
    "TrigramIndex",
    "render_item",
]

# By this name an Alembic migration finds them.
for _name in __all__:
    if isinstance(_type := globals()[_name], type) and issubclass(_type, TypeDecorator):
        _type.__module__ = __name__

flush.listen()
tracking.listen()
unreadable.listen()
