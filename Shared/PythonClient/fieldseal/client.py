"""The client of the encryption service: batches of values in, per-item results out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from .channel import Channel
from .configuration import Configuration
from .connection import tls_context
from .errors import Code, ConfigurationError, FieldsealError
from .patience import Patience
from .records import KeyValue, record_id
from .v1 import encryption_pb2 as messages
from .v1.encryption_pb2 import BINARY, TEXT

BATCH_BYTES = 2_000_000
BATCH_ITEMS = 5_000


@dataclass(frozen=True)
class Value:
    """A plaintext or a ciphertext of `field` ("table.column"), of the row `record`, in the caller's `context`.

    A plaintext of a field with subject keys belongs to a `subject` (1 to 256 bytes): it opens no more once that is erased."""

    field: str
    data: bytes = field(repr=False)
    record: Union[Sequence[KeyValue], KeyValue, None] = None
    context: bytes | None = None
    indexes: tuple[str, ...] = ()
    subject: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Sealed:
    """A ciphertext and the blind indexes asked for, in the order asked."""

    ciphertext: bytes
    indexes: tuple[bytes, ...] = ()


class Client:
    """Thread-safe. `text=True` makes and reads ciphertexts in their text form (`fs1:…`), for text columns.

    Batches of any size are split below the frame limit. Each result is a value or the FieldsealError of that item;
    `raise_for(results)` turns the first error into an exception. `patience`: seconds for which an unreachable service,
    or an item that waits for an unreachable key service, is tried again."""

    def __init__(self, configuration: Configuration, patience: float = 0.0, timeout: float = 30.0) -> None:
        endpoint = configuration.endpoints.get("encryption")
        if endpoint is None:
            raise ConfigurationError("encryption: addresses and identity are required")
        context = tls_context(configuration.certificate, configuration.key, configuration.ca)
        self._channel = Channel(context, endpoint, "fieldseal.v1.Encryption", patience)
        self._patience = patience
        self._timeout = timeout

    @classmethod
    def from_file(cls, path: str | os.PathLike[str] | None = None, **options: Any) -> "Client":
        return cls(Configuration.load(path), **options)

    def close(self) -> None:
        self._channel.close()

    def encrypt(self, values: Iterable[Value], text: bool = False) -> list[Sealed | FieldsealError]:
        def send(batch: list[Value]) -> Any:
            items = [
                _item(messages.EncryptItem, value, "plaintext", indexes=value.indexes, subject=value.subject)
                for value in batch
            ]
            request = messages.EncryptRequest(items=items, encoding=TEXT if text else BINARY)
            return self._channel.call("Encrypt", request, messages.EncryptResponse, self._timeout)

        return self._batched(values, send, lambda result: Sealed(result.ciphertext, tuple(result.indexes)))

    def decrypt(self, values: Iterable[Value], text: bool = False) -> list[bytes | FieldsealError]:
        def send(batch: list[Value]) -> Any:
            items = [_item(messages.DecryptItem, value, "ciphertext") for value in batch]
            request = messages.DecryptRequest(items=items, encoding=TEXT if text else BINARY)
            return self._channel.call("Decrypt", request, messages.DecryptResponse, self._timeout)

        return self._batched(values, send, lambda result: result.plaintext)

    def rewrap(self, values: Iterable[Value], text: bool = False) -> list[bytes | FieldsealError]:
        """Seals anew under each field's newest version; a value that is there already comes back unchanged."""

        def send(batch: list[Value]) -> Any:
            items = [_item(messages.DecryptItem, value, "ciphertext") for value in batch]
            request = messages.RewrapRequest(items=items, encoding=TEXT if text else BINARY)
            return self._channel.call("Rewrap", request, messages.RewrapResponse, self._timeout)

        return self._batched(values, send, lambda result: result.ciphertext)

    def blind_index(self, values: Iterable[Value]) -> list[tuple[bytes, ...] | FieldsealError]:
        def send(batch: list[Value]) -> Any:
            items = [
                messages.BlindIndexItem(field=value.field, plaintext=value.data, indexes=value.indexes)
                for value in batch
            ]
            request = messages.BlindIndexRequest(items=items)
            return self._channel.call("BlindIndex", request, messages.BlindIndexResponse, self._timeout)

        return self._batched(values, send, lambda result: tuple(result.indexes))

    def _batched(self, values: Iterable[Value], send: Callable[[list[Value]], Any], read: Callable[[Any], Any]) -> list[Any]:
        results: list[Any] = []
        for batch in _batches(values):
            found = _results(batch, send, read)
            patience = Patience(self._patience)
            while (waiting := [place for place, result in enumerate(found) if _is_unavailable(result)]) and patience.wait():
                for place, result in zip(waiting, _results([batch[place] for place in waiting], send, read)):
                    found[place] = result
            results += found
        return results


def raise_for(results: list[Any]) -> list[Any]:
    """The results, if none of them is an error; otherwise raises the first."""
    for result in results:
        if isinstance(result, FieldsealError):
            raise result
    return results


def _results(batch: list[Value], send: Callable[[list[Value]], Any], read: Callable[[Any], Any]) -> list[Any]:
    answer = send(batch).results
    if len(answer) != len(batch):
        raise FieldsealError(Code.INTERNAL, "the service answered another number of items")
    return [
        FieldsealError(result.error.code, result.error.message) if result.HasField("error") else read(result)
        for result in answer
    ]


def _is_unavailable(result: Any) -> bool:
    return isinstance(result, FieldsealError) and result.code is Code.UNAVAILABLE


def _item(kind: Any, value: Value, content: str, **more: Any) -> Any:
    item = kind(field=value.field, **{content: value.data}, **more)
    if value.record is not None:
        item.record_id.CopyFrom(record_id(value.record))
    if value.context is not None:
        item.context = value.context
    return item


def _batches(values: Iterable[Value]) -> Iterator[list[Value]]:
    batch: list[Value] = []
    size = 0
    for value in values:
        count = len(value.data) + 256
        if batch and (size + count > BATCH_BYTES or len(batch) == BATCH_ITEMS):
            yield batch
            batch, size = [], 0
        batch.append(value)
        size += count
    if batch:
        yield batch
