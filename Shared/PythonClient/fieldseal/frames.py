"""ttrpc frames and envelopes, without I/O."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator

from . import ttrpc_pb2
from .errors import Code, FieldsealError, Unavailable, failure
from .items import counted, varint

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2
FRAME_LIMIT = 4_194_304
STREAM_LIMIT = 2**31


def request_frame(
    stream: int, service: str, method: str, payload: bytes, timeout: float, request_id: bytes | None = None
) -> bytes:
    """`request_id`, 16 bytes, names the call in the audit log; without one it gets a random one.

    Raises FieldsealError where the frame would be over the limit."""
    # The payload is put between the other fields as it is: a message object would copy it twice.
    head = counted(b"\x0a", service.encode()) + counted(b"\x12", method.encode()) + b"\x1a" + varint(len(payload))
    rest = ttrpc_pb2.Request(
        timeout_nano=int(timeout * 1e9),
        metadata=[ttrpc_pb2.KeyValue(key="fieldseal-request-id", value=(request_id or secrets.token_bytes(16)).hex())],
    ).SerializeToString()
    length = len(head) + len(payload) + len(rest)
    if length > FRAME_LIMIT:
        raise FieldsealError(Code.RESOURCE_EXHAUSTED, "the request is larger than a frame")
    return b"".join((HEADER.pack(length, stream, REQUEST, 0), head, payload, rest))


def response_payload(body: bytes) -> bytes:
    """The payload of a response; raises the FieldsealError that it carries instead."""
    try:
        response = ttrpc_pb2.Response.FromString(body)
    except Exception:
        raise FieldsealError(Code.INTERNAL, "the answer cannot be read") from None
    if response.HasField("status") and response.status.code != Code.OK:
        raise failure(response.status.code, response.status.message)
    return response.payload


class FrameReader:
    """Cuts a stream of bytes into frames; a length over the limit is the end of the connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Stream id, kind and body of each frame that is complete now. Raises Unavailable for a frame over the limit."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, stream, kind, _ = HEADER.unpack_from(self._buffer)
            if length > FRAME_LIMIT:
                raise Unavailable(Code.UNAVAILABLE, "the server broke the protocol")
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(memoryview(self._buffer)[HEADER.size : end])
            del self._buffer[:end]
            yield stream, kind, body
