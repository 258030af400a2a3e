"""A service's addresses, a pool of connections to them, and what is tried again."""

from __future__ import annotations

import os
import random
import ssl
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Protocol, TypeVar

from .configuration import Endpoint
from .connection import Connection
from .errors import Code, FieldsealError, Unavailable
from .patience import Patience

CONNECTIONS = 16


class Message(Protocol):
    def SerializeToString(self) -> bytes: ...


Response = TypeVar("Response")


class Channel:
    """Calls one service; thread-safe, and a process made by fork gets connections of its own.

    At most `connections` calls are open at a time, each on a connection of its own; new connections take the addresses in
    turn, and go on to the next where one cannot be reached. With `patience` seconds, UNAVAILABLE is tried again, with
    backoff and jitter, for that long: right for calls whose repetition changes nothing, as all of
    `fieldseal.v1.Encryption`'s batches are."""

    def __init__(
        self,
        context: ssl.SSLContext,
        endpoint: Endpoint,
        service: str,
        patience: float = 0.0,
        connections: int = CONNECTIONS,
    ) -> None:
        self._context, self._endpoint, self._service, self._patience = context, endpoint, service, patience
        self._connections = connections
        self._turn = random.randrange(len(endpoint.addresses))
        self._idle: list[Connection] = []
        self._forget()
        _channels.add(self)

    def call(
        self, method: str, request: Message, answer: type[Response], timeout: float = 30.0, request_id: bytes | None = None
    ) -> Response:
        body = self.exchange(method, [request.SerializeToString()], timeout, request_id)
        return answer.FromString(body)  # type: ignore[attr-defined, no-any-return]

    def exchange(self, method: str, payload: Sequence[bytes], timeout: float = 30.0, request_id: bytes | None = None) -> bytes:
        """`payload`: in parts."""
        patience: Patience | None = None
        while True:
            try:
                return self._call(method, payload, timeout, request_id)
            except Unavailable:
                patience = patience or Patience(self._patience)
                if not (pause := patience.pause()):
                    raise
                time.sleep(pause)

    def close(self) -> None:
        """Ends idle connections; a later call opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _call(self, method: str, payload: Sequence[bytes], timeout: float, request_id: bytes | None) -> bytes:
        free = self._free
        if not free.acquire(timeout=timeout):
            raise FieldsealError(Code.DEADLINE_EXCEEDED, "all connections are in use")
        try:
            connection = self._taken() or self._opened(timeout)
            try:
                return connection.call(self._service, method, payload, timeout, request_id)
            finally:
                self._given_back(connection)
        finally:
            free.release()

    def _taken(self) -> Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.close()

    def _opened(self, timeout: float) -> Connection:
        addresses = self._endpoint.addresses
        with self._lock:
            first = self._turn
            self._turn += 1
        for attempt in range(len(addresses)):
            try:
                address = addresses[(first + attempt) % len(addresses)]
                connection = Connection(self._context, address, self._endpoint.identity, timeout)
                with self._lock:
                    self._open.add(connection)
                return connection
            except FieldsealError as error:
                unreachable = error
        raise unreachable

    def _given_back(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._open:
                self._idle.append(connection)

    def _forget(self) -> None:
        """In a new process: its own locks, and no connection, since those are the parent's."""
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(self._connections)
        for connection in getattr(self, "_open", ()):
            connection.close()
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._idle = []


_channels: weakref.WeakSet[Channel] = weakref.WeakSet()


def _forked() -> None:
    for channel in list(_channels):
        channel._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
