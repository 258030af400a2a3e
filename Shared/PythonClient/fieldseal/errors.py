"""Errors that calls and items raise. Codes are gRPC's."""

from __future__ import annotations

import enum


class Code(enum.IntEnum):
    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class FieldsealError(Exception):
    """A call, or one item of a batch, failed. `failure` makes the subclass that fits.

    `field` and `record` name the value that could not be sealed or opened, where whoever raises knows it."""

    def __init__(self, code: int, message: str, field: str | None = None, record: object = None) -> None:
        self.code = Code(code) if code in Code._value2member_map_ else Code.UNKNOWN
        self.message, self.field, self.record = message, field, record
        place = "" if field is None else f" ({field})" if record is None else f" ({field} of the row {record!r})"
        super().__init__(f"{self.code.name}: {message}{place}")

    def __reduce__(self) -> tuple[type[FieldsealError], tuple[int, str, str | None, object]]:
        return type(self), (int(self.code), self.message, self.field, self.record)

    def at(self, field: str, record: object) -> FieldsealError:
        """The same error, of a value that is named."""
        return type(self)(self.code, self.message, field, record)


class Denied(FieldsealError):
    """The policy does not let this identity do it."""


class CiphertextRejected(FieldsealError):
    """The ciphertext is not of this field, row and context, or was altered; the audit log knows which."""


class KeyNotUsable(FieldsealError):
    """The key's version is retired, compromised or destroyed."""


class SubjectErased(KeyNotUsable):
    """The person or tenant that the value belongs to was erased: it opens nowhere any more, and nothing new is sealed for it."""


class UnknownField(FieldsealError):
    """The catalog has no such field, index or key version."""


class Unavailable(FieldsealError):
    """The service, or one behind it, is away; nothing is wrong with the values."""


class ConfigurationError(ValueError):
    """The client's configuration is not usable; the text says which key and why."""


_BY_CODE = {
    Code.PERMISSION_DENIED: Denied,
    Code.NOT_FOUND: UnknownField,
    Code.FAILED_PRECONDITION: KeyNotUsable,
    Code.UNAVAILABLE: Unavailable,
}


def failure(code: int, message: str) -> FieldsealError:
    if code == Code.INVALID_ARGUMENT and message == "ciphertext rejected":
        return CiphertextRejected(code, message)
    if code == Code.FAILED_PRECONDITION and message == "the subject was erased":
        return SubjectErased(code, message)
    kind: type[FieldsealError] = _BY_CODE.get(code, FieldsealError)  # type: ignore[call-overload]
    return kind(code, message)
