"""ttrpc frames and envelopes, without I/O. Written by hand: a message object would copy a batch several times."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache

from . import ttrpc_pb2
from .errors import Code, FieldsealError, Unavailable, failure
from .items import counted, varint

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2
FRAME_LIMIT = 4_194_304
STREAM_LIMIT = 2**31
#: What is read at once, at least: more than a TLS record holds.
ROOM = 65_536
REQUEST_ID = b"\x2a\x38" + counted(b"\x0a", b"fieldseal-request-id") + b"\x12\x20"


@lru_cache(64)
def _method(service: str, name: str) -> bytes:
    return counted(b"\x0a", service.encode()) + counted(b"\x12", name.encode())


@lru_cache(64)
def _timeout(seconds: float) -> bytes:
    return b"\x20" + varint(int(seconds * 1e9))


def request_frame(
    stream: int, service: str, method: str, payload: Sequence[bytes], timeout: float, request_id: bytes | None = None
) -> bytes:
    """`payload`: in parts. `request_id`, 16 bytes, names the call in the audit log; without one it gets a random one.

    Raises FieldsealError where the frame would be over the limit."""
    size = sum(map(len, payload))
    head = _method(service, method) + b"\x1a" + varint(size)
    rest = _timeout(timeout) + REQUEST_ID + (request_id or secrets.token_bytes(16)).hex().encode()
    length = len(head) + size + len(rest)
    if length > FRAME_LIMIT:
        raise FieldsealError(Code.RESOURCE_EXHAUSTED, "the request is larger than a frame")
    return b"".join((HEADER.pack(length, stream, REQUEST, 0), head, *payload, rest))


def response_payload(body: memoryview) -> bytes:
    """The payload of a response; raises the FieldsealError that it carries instead."""
    if body and body[0] == 0x12:
        # Payload alone: a tag, a length that reaches the end, and what it counts.
        for size in range(2, 6):
            if body[1:size] == varint(len(body) - size):
                return bytes(body[size:])
    try:
        response = ttrpc_pb2.Response.FromString(bytes(body))
    except Exception:
        raise FieldsealError(Code.INTERNAL, "the answer cannot be read") from None
    if response.HasField("status") and response.status.code != Code.OK:
        raise failure(response.status.code, response.status.message)
    return response.payload


class FrameReader:
    """Cuts a stream of bytes into frames: bytes are read into `room`, and `received` says how many."""

    def __init__(self) -> None:
        self._buffer = bytearray(ROOM)
        #: What is there, and the size of the frame that it begins.
        self._start, self._end, self._size = 0, 0, HEADER.size

    def room(self) -> memoryview:
        """Where the next bytes belong: what is missing of a frame that has begun, at least."""
        if self._start == self._end:
            self._start = self._end = 0
        if self._start + self._size > len(self._buffer) or (self._end == 0 and len(self._buffer) > 16 * ROOM):
            begun = self._buffer[self._start : self._end]
            self._buffer = bytearray(max(self._size, ROOM))
            self._buffer[: len(begun)] = begun
            self._start, self._end = 0, len(begun)
        return memoryview(self._buffer)[self._end :]

    def received(self, count: int) -> Iterator[tuple[int, int, memoryview]]:
        """Stream id, kind and body of each frame that is complete now; a body is there until there is `room` again.

        Raises Unavailable for a frame over the limit, which is the end of the connection."""
        self._end += count
        while True:
            self._size = HEADER.size
            if self._end - self._start < HEADER.size:
                return
            length, stream, kind, _ = HEADER.unpack_from(self._buffer, self._start)
            if length > FRAME_LIMIT:
                raise Unavailable(Code.UNAVAILABLE, "the server broke the protocol")
            self._size += length
            if self._end - self._start < self._size:
                return
            begin, self._start = self._start + HEADER.size, self._start + self._size
            yield stream, kind, memoryview(self._buffer)[begin : self._start]
