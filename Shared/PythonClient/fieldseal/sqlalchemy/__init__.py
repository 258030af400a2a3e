"""Encrypted columns for SQLAlchemy: declare the type, install the middleware, and forget both."""

from . import flush, tracking
from .middleware import EncryptionMiddleware
from .search import BlindIndex
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
    "EncryptedBytes",
    "EncryptedDate",
    "EncryptedInteger",
    "EncryptedJSON",
    "EncryptedNumeric",
    "EncryptedString",
    "EncryptedText",
    "EncryptionMiddleware",
]

flush.listen()
tracking.listen()
