"""Fieldseal: field-level encryption through the encryption service."""

from .client import Client, Sealed, Value, raise_for
from .configuration import Configuration, Endpoint
from .errors import Code, ConfigurationError, FieldsealError

__all__ = [
    "Client",
    "Code",
    "Configuration",
    "ConfigurationError",
    "Endpoint",
    "FieldsealError",
    "Sealed",
    "Value",
    "raise_for",
]
