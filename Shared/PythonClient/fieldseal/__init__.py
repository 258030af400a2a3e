"""Fieldseal: field-level encryption through the encryption service."""

from .aio import AsyncClient
from .client import Client
from .configuration import Configuration, Endpoint
from .errors import (
    CiphertextRejected,
    Code,
    ConfigurationError,
    Denied,
    FieldsealError,
    KeyNotUsable,
    SubjectErased,
    Unavailable,
    UnknownField,
)
from .values import Moved, Sealed, Value, raise_for

__all__ = [
    "AsyncClient",
    "CiphertextRejected",
    "Client",
    "Code",
    "Configuration",
    "ConfigurationError",
    "Denied",
    "Endpoint",
    "FieldsealError",
    "KeyNotUsable",
    "Moved",
    "Sealed",
    "SubjectErased",
    "Unavailable",
    "UnknownField",
    "Value",
    "raise_for",
]
