"""A service's addresses, the connection in use, and what is tried again."""

from __future__ import annotations

import random
import ssl
import threading
from typing import Protocol, TypeVar

from .configuration import Endpoint
from .connection import Connection
from .errors import Code, FieldsealError
from .patience import Patience


class Message(Protocol):
    def SerializeToString(self) -> bytes: ...


Response = TypeVar("Response")


class Channel:
    """Calls one service. With `patience` seconds, UNAVAILABLE is tried again, with backoff and jitter, for that long:
    right for calls whose repetition changes nothing, as all of `fieldseal.v1.Encryption`'s batches are."""

    def __init__(self, context: ssl.SSLContext, endpoint: Endpoint, service: str, patience: float = 0.0) -> None:
        self._context, self._endpoint, self._service, self._patience = context, endpoint, service, patience
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._turn = random.randrange(len(endpoint.addresses))

    def call(
        self, method: str, request: Message, answer: type[Response], timeout: float = 30.0, request_id: bytes | None = None
    ) -> Response:
        payload = request.SerializeToString()
        patience = Patience(self._patience)
        while True:
            try:
                body = self._connected(timeout).call(self._service, method, payload, timeout, request_id)
                return answer.FromString(body)  # type: ignore[attr-defined]
            except FieldsealError as error:
                if error.code is not Code.UNAVAILABLE or not patience.wait():
                    raise

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self, timeout: float) -> Connection:
        with self._lock:
            if self._connection is None or not self._connection.usable:
                address = self._endpoint.addresses[self._turn % len(self._endpoint.addresses)]
                self._turn += 1
                self._connection = Connection(self._context, address, self._endpoint.identity, timeout)
            return self._connection
