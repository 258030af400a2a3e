"""A stand-in for the service in an application's own tests. NOT SECURE: it protects nothing, its key is public.

It answers as the service does (per-item results, bindings, errors) without one: a ciphertext opens only for its field, row and
context; blind indexes follow the normalised value. Its ciphertexts name the key version "NOT-SAFE", which no real service opens."""

from __future__ import annotations

import hashlib
import secrets
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from .aio import AsyncClient
from .client import Client
from .errors import Code, FieldsealError
from .exchange import Operation
from .forms import from_text, to_text
from .normalisers import TEXT_NORMALISERS, normalise
from .v1 import common_pb2
from .v1 import encryption_pb2 as messages

__all__ = ["AsyncInsecureFakeClient", "FakeField", "FakeIndex", "InsecureFakeClient", "InsecureWarning", "declared_fields"]

Result = TypeVar("Result")
MARK = b"NOT-SAFE"
NONCE, TAG = 12, 16


class InsecureWarning(UserWarning):
    """Something that protects nothing is in use."""


@dataclass(frozen=True)
class FakeIndex:
    """`normaliser`: none, casefold, trim, email, phone-digits or last-four. `kind`: equality, prefix, trigram or pair."""

    name: str = "equality"
    bits: int = 128
    normaliser: str = "none"
    kind: str = "equality"
    shortest: int = 0
    beside: str = ""
    beside_normaliser: str = "none"


@dataclass(frozen=True)
class FakeField:
    """A field of the catalog. `key_columns`: of the rows that it is bound to; none, and it is bound to none.

    `subject_keys`: its values belong to subjects, which `client.service.erase` erases."""

    name: str
    key_columns: tuple[str, ...] = ()
    indexes: tuple[FakeIndex, ...] = ()
    subject_keys: bool = False


def declared_fields(metadata: Any) -> list[FakeField]:
    """The fields of a SQLAlchemy `MetaData`, as its encrypted columns declare them."""
    from .sqlalchemy.catalog import fields_of
    from .sqlalchemy.indexes import pairs_of

    fields: list[FakeField] = []
    for field, column in fields_of(metadata).items():
        type_: Any = column.type
        pairs = [pair for pair in pairs_of(column.table) if pair.type.of == column.key]  # type: ignore[attr-defined]
        indexes = tuple(map(_declared_index, [*type_.sealing.indexes, *pairs]))
        fields.append(FakeField(field, type_.bound_to, indexes, type_.subject is not None))
    return fields


def _declared_index(column: Any) -> FakeIndex:
    type_ = column.type
    shortest = getattr(type_, "shortest", 0)
    beside = type_.other.type.sealing.field.rpartition(".")[2] if type_.kind == "pair" else ""
    other = getattr(type_, "beside_normaliser", "none")
    return FakeIndex(type_.index, type_.bits, type_.normaliser or "none", type_.kind, shortest, beside, other)


class _Refused(Exception):
    def __init__(self, code: Code, message: str) -> None:
        self.error = common_pb2.ItemError(code=code, message=message)


class _Service:
    """The handlers. `calls` counts calls by their method; `failure` is what every call raises while it is set."""

    def __init__(self, fields: Iterable[FakeField] | None) -> None:
        warnings.warn("fieldseal.testing protects nothing: for tests alone", InsecureWarning, stacklevel=3)
        self.fields = None if fields is None else {field.name: field for field in fields}
        self.calls: list[str] = []
        self.failure: FieldsealError | None = None
        self._subjects: dict[bytes, bytes] = {}
        self._erased: set[bytes] = set()

    def erase(self, subject: bytes) -> None:
        """Its values open no more."""
        self._erased.add(subject)

    def answer(self, operation: Operation[Result], batch: Sequence[bytes], text: bool) -> list[Result | FieldsealError]:
        if not batch:
            return []
        self.calls.append(operation.method)
        if self.failure is not None:
            raise self.failure
        request_type, answer_type, handler = _METHODS[operation.method]
        request = request_type.FromString(b"".join(batch))
        answer = answer_type()
        for item in request.items if hasattr(request, "items") else request.fields:
            result = answer.results.add()
            try:
                handler(self, item, result, text)
            except _Refused as refusal:
                result.error.CopyFrom(refusal.error)
        return operation.read(answer.SerializeToString(), len(batch))

    def encrypt(self, item: Any, result: Any, text: bool) -> None:
        field = self._admitted(item.field, item)
        if self.fields is not None and field.subject_keys != bool(item.subject):
            words = "this field demands a subject" if field.subject_keys else "this field has no subject keys"
            raise _Refused(Code.INVALID_ARGUMENT, words)
        self._refuse_erased(item.subject)
        sealed = self._seal(item, item.plaintext)
        if item.subject:
            self._subjects[sealed] = item.subject
        result.ciphertext = _written(sealed, text)
        result.indexes.extend(_index(item.field, item.plaintext, self._index_of(field, name)) for name in item.indexes)

    def decrypt(self, item: Any, result: Any, text: bool) -> None:
        self._admitted(item.field, item)
        result.plaintext = self._open(item, text)

    def rewrap(self, item: Any, result: Any, text: bool) -> None:
        self._admitted(item.field, item)
        self._open(item, text)
        result.ciphertext = item.ciphertext

    def rebind(self, item: Any, result: Any, text: bool) -> None:
        self._admitted(item.field, item)
        plaintext = self._open(item, text)
        moved = messages.EncryptItem(field=item.field)
        if item.HasField("new_record_id"):
            moved.record_id.CopyFrom(item.new_record_id)
        if item.HasField("new_context"):
            moved.context = item.new_context
        self._admitted(item.field, moved)
        sealed = self._seal(moved, plaintext)
        self._subjects[sealed] = self._subjects.get(_read(item.ciphertext, text), b"")
        result.ciphertext = _written(sealed, text)

    def blind_index(self, item: Any, result: Any, text: bool) -> None:
        field = self._known(item.field)
        for name in item.indexes:
            result.indexes.append(_index(item.field, item.plaintext, self._index_of(field, name), item.term, item.beside))

    def describe(self, name: str, result: Any, text: bool) -> None:
        field = self._known(name)
        result.description.field = name
        result.description.row_bound = bool(field.key_columns)
        result.description.key_columns.extend(field.key_columns)
        result.description.subject_keys = field.subject_keys
        for index in field.indexes:
            normaliser = common_pb2.Normaliser.Value(f"NORMALISER_{index.normaliser.upper().replace('-', '_')}")
            kind = common_pb2.IndexKind.Value(f"INDEX_{index.kind.upper()}")
            described = result.description.indexes.add(name=index.name, bits=index.bits, normaliser=normaliser, kind=kind)
            described.shortest, described.beside = index.shortest, index.beside
            other = index.beside_normaliser.upper().replace("-", "_")
            described.beside_normaliser = common_pb2.Normaliser.Value(f"NORMALISER_{other}")

    def key(self, name: str, result: Any, text: bool) -> None:
        self._known(name)
        result.key.field = name

    def _known(self, name: str) -> FakeField:
        if self.fields is None:
            return FakeField(name)
        if name not in self.fields:
            raise _Refused(Code.NOT_FOUND, "unknown field")
        return self.fields[name]

    def _admitted(self, name: str, item: Any) -> FakeField:
        field = self._known(name)
        if field.key_columns and len(item.record_id.columns) != len(field.key_columns):
            raise _Refused(Code.INVALID_ARGUMENT, "the field demands a record id of its key columns")
        return field

    def _index_of(self, field: FakeField, name: str) -> FakeIndex:
        found = next((index for index in field.indexes if index.name == name), None)
        if found is None and self.fields is not None:
            raise _Refused(Code.NOT_FOUND, "unknown index")
        return found or FakeIndex(name)

    def _seal(self, item: Any, plaintext: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return b"\xf5\x01\x00" + MARK + b"\x00" + nonce + _masked(nonce, plaintext) + self._tag(item, nonce, plaintext)

    def _refuse_erased(self, subject: bytes) -> None:
        if subject in self._erased:
            raise _Refused(Code.FAILED_PRECONDITION, "the subject was erased")

    def _open(self, item: Any, text: bool) -> bytes:
        sealed = _read(item.ciphertext, text)
        self._refuse_erased(self._subjects.get(sealed, b""))
        nonce, masked, tag = sealed[12 : 12 + NONCE], sealed[12 + NONCE : -TAG], sealed[-TAG:]
        plaintext = _masked(nonce, masked)
        if len(sealed) < 12 + NONCE + TAG or sealed[3:11] != MARK or tag != self._tag(item, nonce, plaintext):
            raise _Refused(Code.INVALID_ARGUMENT, "ciphertext rejected")
        return plaintext

    def _tag(self, item: Any, nonce: bytes, plaintext: bytes) -> bytes:
        bound = self.fields is None or bool(self.fields[item.field].key_columns)
        record = item.record_id.SerializeToString() if bound and item.HasField("record_id") else None
        context = item.context if item.HasField("context") else None
        return hashlib.blake2b(repr((item.field, record, context, nonce, plaintext)).encode(), digest_size=TAG).digest()


_METHODS: dict[str, tuple[Any, Any, Any]] = {
    "Encrypt": (messages.EncryptRequest, messages.EncryptResponse, _Service.encrypt),
    "Decrypt": (messages.DecryptRequest, messages.DecryptResponse, _Service.decrypt),
    "Rewrap": (messages.RewrapRequest, messages.RewrapResponse, _Service.rewrap),
    "Rebind": (messages.RebindRequest, messages.RebindResponse, _Service.rebind),
    "BlindIndex": (messages.BlindIndexRequest, messages.BlindIndexResponse, _Service.blind_index),
    "DescribeField": (messages.DescribeFieldRequest, messages.DescribeFieldResponse, _Service.describe),
    "DeriveFieldKey": (messages.DeriveFieldKeyRequest, messages.DeriveFieldKeyResponse, _Service.key),
    "RotateKey": (messages.RotateKeyRequest, messages.RotateKeyResponse, _Service.key),
}


def _masked(nonce: bytes, data: bytes) -> bytes:
    stream = hashlib.shake_128(b"not a secret" + nonce).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream))


def _index(field: str, plaintext: bytes, index: FakeIndex, is_term: bool = False, beside: bytes | None = None) -> bytes:
    if (index.kind == "pair" and beside is None) or (index.kind != "pair" and beside):
        raise _Refused(Code.INVALID_ARGUMENT, "an index of a pair is computed with the values of both fields")
    if index.kind in ("prefix", "trigram"):
        return _filter(field, plaintext.decode(), index, is_term)
    if is_term:
        raise _Refused(Code.INVALID_ARGUMENT, "the blind index finds whole values only")
    value = normalise(index.normaliser, plaintext), normalise(index.beside_normaliser, beside or b"")
    digest = bytearray(hashlib.blake2b(repr((field, index, value)).encode(), digest_size=32).digest()[: -(-index.bits // 8)])
    if index.bits % 8:
        digest[-1] &= 0xFF << (8 - index.bits % 8) & 0xFF
    return bytes(digest)


def _filter(field: str, plaintext: str, index: FakeIndex, is_term: bool) -> bytes:
    starts = not is_term or index.kind == "prefix"
    text = TEXT_NORMALISERS[index.normaliser](plaintext, starts, not is_term)
    shortest = index.shortest if index.kind == "prefix" else 3
    if is_term and len(text) < shortest:
        raise _Refused(Code.INVALID_ARGUMENT, "the text is too short to be searched for")
    ends = range(shortest, len(text) + 1)
    found = 0
    for part in {text[:end] if index.kind == "prefix" else text[end - 3 : end] for end in ends}:
        digest = hashlib.blake2b(repr((field, index, part)).encode(), digest_size=8).digest()
        found |= 1 << int.from_bytes(digest, "big") % index.bits
    return found.to_bytes(index.bits // 8, "big")


def _written(sealed: bytes, text: bool) -> bytes:
    return to_text(sealed).encode() if text else sealed


def _read(ciphertext: bytes, text: bool) -> bytes:
    return (from_text(ciphertext.decode(errors="replace")) or b"") if text else ciphertext


class InsecureFakeClient(Client):
    """`Client` without a service, for tests alone. `fields`: the catalog; without it every field is known, and each value is
    bound to the record that it comes with."""

    def __init__(self, fields: Iterable[FakeField] | None = None) -> None:
        self.service = _Service(fields)

    def run(self, operation: Operation[Result], batch: Sequence[bytes], text: bool = False) -> list[Result | FieldsealError]:
        return self.service.answer(operation, batch, text)

    def close(self) -> None:
        pass


class AsyncInsecureFakeClient(AsyncClient):
    """`AsyncClient` without a service, for tests alone."""

    def __init__(self, fields: Iterable[FakeField] | None = None) -> None:
        self.service = _Service(fields)

    async def run(
        self, operation: Operation[Result], batch: Sequence[bytes], text: bool = False
    ) -> list[Result | FieldsealError]:
        return self.service.answer(operation, batch, text)

    async def close(self) -> None:
        pass
