"""The client of the encryption service: batches of values in, per-item results out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from . import exchange as operations
from . import items
from .channel import CONNECTIONS, Channel
from .configuration import Configuration
from .connection import tls_context
from .errors import FieldsealError
from .exchange import Call, Operation, exchange
from .v1.common_pb2 import FieldDescription, FieldKeyReference
from .values import Moved, Sealed, Value, raise_for

__all__ = ["Client", "Moved", "Sealed", "Value", "raise_for"]

Result = TypeVar("Result")


class Client:
    """Thread-safe and fork-safe. `text=True` makes and reads ciphertexts in their text form (`fs1:…`), for text columns.

    Batches of any size are split below the frame limit. Each result is a value or the FieldsealError of that item;
    `raise_for(results)` turns the first error into an exception. `patience`: seconds for which an unreachable service,
    or an item that waits for an unreachable key service, is tried again. `connections`: calls that can be open at a time."""

    def __init__(
        self, configuration: Configuration, patience: float = 0.0, timeout: float = 30.0, connections: int = CONNECTIONS
    ) -> None:
        endpoint = configuration.endpoint("encryption")
        context = tls_context(configuration.certificate, configuration.key, configuration.ca)
        self._channel = Channel(context, endpoint, "fieldseal.v1.Encryption", patience, connections)
        self._patience = patience
        self._timeout = timeout

    @classmethod
    def from_file(cls, path: str | os.PathLike[str] | None = None, **options: Any) -> Client:
        return cls(Configuration.load(path), **options)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    def encrypt(self, values: Iterable[Value], text: bool = False) -> list[Sealed | FieldsealError]:
        given = list(values)
        return self.run(operations.ENCRYPT.for_indexes(given), [items.encrypt_item(value) for value in given], text)

    def decrypt(self, values: Iterable[Value], text: bool = False) -> list[bytes | FieldsealError]:
        return self.run(operations.DECRYPT, [items.decrypt_item(value) for value in values], text)

    def rewrap(self, values: Iterable[Value], text: bool = False) -> list[bytes | FieldsealError]:
        """Seals anew under each field's newest version; a value that is there already comes back unchanged."""
        return self.run(operations.REWRAP, [items.decrypt_item(value) for value in values], text)

    def rebind(self, values: Iterable[Moved], text: bool = False) -> list[bytes | FieldsealError]:
        """Seals anew for another row or context; no plaintext leaves the service."""
        return self.run(operations.REBIND, [items.rebind_item(value) for value in values], text)

    def blind_index(self, values: Iterable[Value]) -> list[tuple[bytes, ...] | FieldsealError]:
        given = list(values)
        return self.run(operations.BLIND_INDEX.for_indexes(given), [items.blind_index_item(value) for value in given])

    def describe(self, fields: Iterable[str]) -> list[FieldDescription | FieldsealError]:
        """What the catalog says of fields ("table.column")."""
        return self.run(operations.DESCRIBE, [items.name_item(field) for field in fields])

    def derive_field_key(self, fields: Iterable[str]) -> list[FieldKeyReference | FieldsealError]:
        """Makes sure that the fields' keys exist."""
        return self.run(operations.DERIVE, [items.name_item(field) for field in fields])

    def rotate_key(self, fields: Iterable[str]) -> list[FieldKeyReference | FieldsealError]:
        return self.run(operations.ROTATE, [items.name_item(field) for field in fields])

    def run(self, operation: Operation[Result], batch: Sequence[bytes], text: bool = False) -> list[Result | FieldsealError]:
        """Carries out an operation on items in their wire form (`fieldseal.items`)."""
        steps = exchange(operation, batch, text, self._patience)
        answer: bytes | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                results: list[Result | FieldsealError] = end.value
                return results
            if isinstance(step, Call):
                answer = self._channel.exchange(step.method, step.payload, self._timeout)
            else:
                time.sleep(step.seconds)
                answer = None
