"""The asyncio client: the calls, the splitting and the results of `Client`, on the running event loop."""

from __future__ import annotations

import asyncio
import os
import random
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from . import exchange as operations
from . import items
from .configuration import Configuration, Endpoint
from .connection import is_identity, lifetime, tls_context
from .errors import Code, FieldsealError, Unavailable
from .exchange import Call, Operation, exchange
from .frames import RESPONSE, STREAM_LIMIT, FrameReader, request_frame, response_payload
from .patience import Patience
from .v1.common_pb2 import FieldDescription, FieldKeyReference
from .values import Moved, Sealed, Value

__all__ = ["AsyncChannel", "AsyncClient"]

Result = TypeVar("Result")


class AsyncConnection(asyncio.BufferedProtocol):
    """Calls go out at once and their answers come back in any order, matched by stream id."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._frames = FrameReader()
        self._pending: dict[int, asyncio.Future[bytes]] = {}
        self._next = 1
        self._closed = False
        self._until = time.monotonic() + lifetime()
        self._writable = asyncio.Event()
        self._writable.set()

    @classmethod
    async def open(cls, context: ssl.SSLContext, address: tuple[str, int], identity: str, timeout: float) -> AsyncConnection:
        """Raises Unavailable where the server cannot be reached, UNAUTHENTICATED where another one answers."""
        loop = asyncio.get_running_loop()
        try:
            transport, connection = await asyncio.wait_for(
                loop.create_connection(cls, *address, ssl=context, server_hostname=""), timeout
            )
        except (OSError, asyncio.TimeoutError) as error:
            raise Unavailable(Code.UNAVAILABLE, f"no connection to {address[0]}:{address[1]}") from error
        if not is_identity(identity, transport.get_extra_info("ssl_object")):
            transport.abort()
            raise FieldsealError(Code.UNAUTHENTICATED, f"the server at {address[0]}:{address[1]} is not {identity}")
        return connection

    @property
    def usable(self) -> bool:
        return not self._closed and self._next < STREAM_LIMIT and time.monotonic() < self._until

    async def call(self, service: str, method: str, payload: Sequence[bytes], timeout: float) -> bytes:
        """`payload`: in parts. Raises FieldsealError: the server's status, DEADLINE_EXCEEDED, or Unavailable when the connection ends."""
        await self._writable.wait()
        if self._closed:
            raise Unavailable(Code.UNAVAILABLE, "the connection is closed")
        stream = self._next
        frame = request_frame(stream, service, method, payload, timeout)
        self._next += 2
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[stream] = answer
        try:
            self._transport.write(frame)
            return await asyncio.wait_for(answer, timeout + 1)
        except asyncio.TimeoutError:
            raise FieldsealError(Code.DEADLINE_EXCEEDED, "no answer in time") from None
        finally:
            self._pending.pop(stream, None)

    def close(self) -> None:
        self._closed = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._frames.room()

    def buffer_updated(self, count: int) -> None:
        try:
            for stream, kind, body in self._frames.received(count):
                answer = self._pending.get(stream)
                if kind == RESPONSE and answer is not None and not answer.done():
                    _settle(answer, body)
        except FieldsealError:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        self._writable.set()
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(Unavailable(Code.UNAVAILABLE, "the connection was lost"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


def _settle(answer: asyncio.Future[bytes], body: memoryview) -> None:
    try:
        answer.set_result(response_payload(body))
    except FieldsealError as error:
        answer.set_exception(error)


class AsyncChannel:
    """Calls one service over one connection, made anew at the next address where it ended.

    It follows its user to another event loop, or to a process made by fork, with a connection of their own."""

    def __init__(self, context: ssl.SSLContext, endpoint: Endpoint, service: str, patience: float = 0.0) -> None:
        self._context, self._endpoint, self._service, self._patience = context, endpoint, service, patience
        self._turn = random.randrange(len(endpoint.addresses))
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._connection: AsyncConnection | None = None
        self._opening: asyncio.Lock

    async def exchange(self, method: str, payload: Sequence[bytes], timeout: float = 30.0) -> bytes:
        """`payload`: in parts."""
        patience = Patience(self._patience)
        while True:
            try:
                connection = await self._connected(timeout)
                return await connection.call(self._service, method, payload, timeout)
            except Unavailable:
                if not (pause := patience.pause()):
                    raise
                await asyncio.sleep(pause)

    async def close(self) -> None:
        if self._connection is not None and self._home == (os.getpid(), asyncio.get_running_loop()):
            self._connection.close()
        self._connection = None

    async def _connected(self, timeout: float) -> AsyncConnection:
        home = (os.getpid(), asyncio.get_running_loop())
        if self._home != home:
            self._home, self._connection, self._opening = home, None, asyncio.Lock()
        async with self._opening:
            if self._connection is None or not self._connection.usable:
                self._connection = await self._opened(timeout)
            return self._connection

    async def _opened(self, timeout: float) -> AsyncConnection:
        addresses = self._endpoint.addresses
        for _ in addresses:
            address = addresses[self._turn % len(addresses)]
            self._turn += 1
            try:
                return await AsyncConnection.open(self._context, address, self._endpoint.identity, timeout)
            except FieldsealError as error:
                unreachable = error
        raise unreachable


class AsyncClient:
    """`Client` for asyncio: the same calls with the same results, to be awaited."""

    def __init__(self, configuration: Configuration, patience: float = 0.0, timeout: float = 30.0) -> None:
        endpoint = configuration.endpoint("encryption")
        context = tls_context(configuration.certificate, configuration.key, configuration.ca)
        self._channel = AsyncChannel(context, endpoint, "fieldseal.v1.Encryption", patience)
        self._patience = patience
        self._timeout = timeout

    @classmethod
    def from_file(cls, path: str | os.PathLike[str] | None = None, **options: Any) -> AsyncClient:
        return cls(Configuration.load(path), **options)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._channel.close()

    async def encrypt(self, values: Iterable[Value], text: bool = False) -> list[Sealed | FieldsealError]:
        given = list(values)
        return await self.run(operations.ENCRYPT.for_indexes(given), [items.encrypt_item(value) for value in given], text)

    async def decrypt(self, values: Iterable[Value], text: bool = False) -> list[bytes | FieldsealError]:
        return await self.run(operations.DECRYPT, [items.decrypt_item(value) for value in values], text)

    async def rewrap(self, values: Iterable[Value], text: bool = False) -> list[bytes | FieldsealError]:
        return await self.run(operations.REWRAP, [items.decrypt_item(value) for value in values], text)

    async def rebind(self, values: Iterable[Moved], text: bool = False) -> list[bytes | FieldsealError]:
        return await self.run(operations.REBIND, [items.rebind_item(value) for value in values], text)

    async def blind_index(self, values: Iterable[Value]) -> list[tuple[bytes, ...] | FieldsealError]:
        given = list(values)
        return await self.run(operations.BLIND_INDEX.for_indexes(given), [items.blind_index_item(value) for value in given])

    async def describe(self, fields: Iterable[str]) -> list[FieldDescription | FieldsealError]:
        return await self.run(operations.DESCRIBE, [items.name_item(field) for field in fields])

    async def derive_field_key(self, fields: Iterable[str]) -> list[FieldKeyReference | FieldsealError]:
        return await self.run(operations.DERIVE, [items.name_item(field) for field in fields])

    async def rotate_key(self, fields: Iterable[str]) -> list[FieldKeyReference | FieldsealError]:
        return await self.run(operations.ROTATE, [items.name_item(field) for field in fields])

    async def run(
        self, operation: Operation[Result], batch: Sequence[bytes], text: bool = False
    ) -> list[Result | FieldsealError]:
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
                answer = await self._channel.exchange(step.method, step.payload, self._timeout)
            else:
                await asyncio.sleep(step.seconds)
                answer = None
