"""One ttrpc connection over mutual TLS 1.3, used by one thread at a time."""

from __future__ import annotations

import random
import select
import socket
import ssl
import time
from collections.abc import Sequence

from .errors import Code, FieldsealError, Unavailable
from .frames import HEADER, REQUEST, RESPONSE, STREAM_LIMIT, FrameReader, request_frame, response_payload

__all__ = ["HEADER", "REQUEST", "Connection", "is_identity", "lifetime", "tls_context"]


def tls_context(certificate: str, key: str, ca: str) -> ssl.SSLContext:
    """A client context that trusts `ca` alone; the server's identity is checked against its URI SAN, not its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca)
    context.load_cert_chain(certificate, key)
    return context


def is_identity(identity: str, stream: ssl.SSLSocket | ssl.SSLObject) -> bool:
    """Whether the peer's certificate carries this URI and no other."""
    certificate = stream.getpeercert() or {}
    names = certificate.get("subjectAltName", ())
    return [name[1] for name in names if isinstance(name, tuple) and name[0] == "URI"] == [identity]


def lifetime() -> float:
    """Seconds after which a connection is replaced: before the server ends it after an hour, and not all at once."""
    return random.uniform(2400, 2700)


class Connection:
    """Raises Unavailable where the server cannot be reached, UNAUTHENTICATED where another one answers."""

    def __init__(self, context: ssl.SSLContext, address: tuple[str, int], identity: str, timeout: float) -> None:
        try:
            plain = socket.create_connection(address, timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = context.wrap_socket(plain)
        except OSError as error:
            raise Unavailable(Code.UNAVAILABLE, f"no connection to {address[0]}:{address[1]}") from error
        if not is_identity(identity, self._socket):
            self._socket.close()
            raise FieldsealError(Code.UNAUTHENTICATED, f"the server at {address[0]}:{address[1]} is not {identity}")
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._frames = FrameReader()
        self._next = 1
        self._closed = False
        self._until = time.monotonic() + lifetime()

    @property
    def usable(self) -> bool:
        """Whether another call can go out; notices that the server has closed meanwhile."""
        if self._closed or self._next >= STREAM_LIMIT or time.monotonic() > self._until:
            return False
        return self._is_silent()

    def call(self, service: str, method: str, payload: Sequence[bytes], timeout: float, request_id: bytes | None = None) -> bytes:
        """`payload`: in parts. `request_id`, 16 bytes, names the call in the audit log; without one it gets a random one.

        Raises FieldsealError: the server's status, DEADLINE_EXCEEDED, or Unavailable when the connection ends."""
        if self._closed:
            raise Unavailable(Code.UNAVAILABLE, "the connection is closed")
        stream = self._next
        frame = request_frame(stream, service, method, payload, timeout, request_id)
        self._next += 2
        until = time.monotonic() + timeout + 1
        try:
            self._socket.settimeout(timeout + 1)
            self._socket.sendall(frame)
            body = self._answer(stream, until, timeout + 1)
        except TimeoutError:
            self.close()
            raise FieldsealError(Code.DEADLINE_EXCEEDED, "no answer in time") from None
        except (OSError, EOFError):
            self.close()
            raise Unavailable(Code.UNAVAILABLE, "the connection was lost") from None
        except BaseException:
            # Whatever interrupted the reading (a signal, say) left an answer on the way that no later call may take for its own.
            self.close()
            raise
        return response_payload(body)

    def close(self) -> None:
        """Closes this process's end; a process that has it by fork keeps its own."""
        self._closed = True
        self._socket.close()

    def _answer(self, stream: int, until: float, patience: float) -> memoryview:
        """`patience`: the socket's timeout, in seconds."""
        while True:
            count = self._socket.recv_into(self._frames.room())
            if not count:
                raise EOFError
            for found, kind, body in self._frames.received(count):
                if found == stream and kind == RESPONSE:
                    return body
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError
            # Not at each record of a large answer.
            if left < patience - 1:
                self._socket.settimeout(patience := left)

    def _is_silent(self) -> bool:
        """Between calls the server sends TLS tickets at most; anything else is its end, or out of place."""
        if not self._poll.poll(0):
            return True
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        except OSError:
            pass
        self.close()
        return False
