"""One ttrpc connection over mutual TLS 1.3, shared by any number of threads."""

from __future__ import annotations

import secrets
import socket
import ssl
import struct
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from . import ttrpc_pb2
from .errors import Code, FieldsealError

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2
FRAME_LIMIT = 4_194_304
STREAM_LIMIT = 2**31


def tls_context(certificate: str, key: str, ca: str) -> ssl.SSLContext:
    """A client context that trusts `ca` alone; the server's identity is checked against its URI SAN, not its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca)
    context.load_cert_chain(certificate, key)
    return context


class Connection:
    """Calls go out at once and their answers come back in any order, matched by stream id."""

    def __init__(self, context: ssl.SSLContext, address: tuple[str, int], identity: str, timeout: float) -> None:
        try:
            plain = socket.create_connection(address, timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = context.wrap_socket(plain)
        except OSError as error:
            raise FieldsealError(Code.UNAVAILABLE, f"no connection to {address[0]}:{address[1]}") from error
        names = [value for kind, value in self._socket.getpeercert().get("subjectAltName", ()) if kind == "URI"]
        if names != [identity]:
            self._socket.close()
            raise FieldsealError(Code.UNAUTHENTICATED, f"the server at {address[0]}:{address[1]} is not {identity}")
        self._socket.settimeout(None)
        self._write = threading.Lock()
        self._pending: dict[int, Future[bytes]] = {}
        self._next = 1
        self._closed = False
        threading.Thread(target=self._receive, daemon=True, name="fieldseal-receive").start()

    @property
    def usable(self) -> bool:
        return not self._closed and self._next < STREAM_LIMIT

    def call(self, service: str, method: str, payload: bytes, timeout: float, request_id: bytes | None = None) -> bytes:
        """`request_id`, 16 bytes, names the call in the audit log; without one it gets a random one.

        Raises FieldsealError: the server's status, DEADLINE_EXCEEDED, or UNAVAILABLE when the connection ends."""
        request = ttrpc_pb2.Request(
            service=service,
            method=method,
            payload=payload,
            timeout_nano=int(timeout * 1e9),
            metadata=[ttrpc_pb2.KeyValue(key="fieldseal-request-id", value=(request_id or secrets.token_bytes(16)).hex())],
        ).SerializeToString()
        if len(request) > FRAME_LIMIT:
            raise FieldsealError(Code.RESOURCE_EXHAUSTED, "the request is larger than a frame")
        answer: Future[bytes] = Future()
        with self._write:
            if not self.usable:
                raise FieldsealError(Code.UNAVAILABLE, "the connection is closed")
            stream, self._next = self._next, self._next + 2
            self._pending[stream] = answer
            try:
                self._socket.sendall(HEADER.pack(len(request), stream, REQUEST, 0) + request)
            except OSError:
                self._fail()
        try:
            return answer.result(timeout + 1)
        except FutureTimeout:
            self._pending.pop(stream, None)
            raise FieldsealError(Code.DEADLINE_EXCEEDED, "no answer in time") from None

    def close(self) -> None:
        self._closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _receive(self) -> None:
        try:
            while True:
                length, stream, kind, _ = HEADER.unpack(self._exactly(HEADER.size))
                if length > FRAME_LIMIT:
                    break
                body = self._exactly(length)
                if kind == RESPONSE:
                    self._answer(stream, body)
        except (OSError, EOFError):
            pass
        self._fail()
        self._socket.close()

    def _answer(self, stream: int, body: bytes) -> None:
        answer = self._pending.pop(stream, None)
        if answer is None:
            return
        try:
            response = ttrpc_pb2.Response.FromString(body)
        except Exception:
            answer.set_exception(FieldsealError(Code.INTERNAL, "the answer cannot be read"))
            return
        if response.HasField("status") and response.status.code != Code.OK:
            answer.set_exception(FieldsealError(response.status.code, response.status.message))
        else:
            answer.set_result(response.payload)

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self._socket.recv(min(count - len(parts), 262_144))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _fail(self) -> None:
        self._closed = True
        while self._pending:
            try:
                _, answer = self._pending.popitem()
            except KeyError:
                return
            answer.set_exception(FieldsealError(Code.UNAVAILABLE, "the connection was lost"))
