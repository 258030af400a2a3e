from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SpoolStatusRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SpoolStatusResponse(_message.Message):
    __slots__ = ["accepting", "bytes", "distrust", "dropped", "epoch", "last_sequence", "max_bytes", "oldest_seconds", "strict", "verified", "waiting_blocks"]
    ACCEPTING_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    DISTRUST_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_SECONDS_FIELD_NUMBER: _ClassVar[int]
    STRICT_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    WAITING_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    accepting: bool
    bytes: int
    distrust: str
    dropped: int
    epoch: bytes
    last_sequence: int
    max_bytes: int
    oldest_seconds: int
    strict: bool
    verified: bool
    waiting_blocks: int
    def __init__(self, waiting_blocks: _Optional[int] = ..., oldest_seconds: _Optional[int] = ..., bytes: _Optional[int] = ..., max_bytes: _Optional[int] = ..., strict: bool = ..., accepting: bool = ..., dropped: _Optional[int] = ..., verified: bool = ..., distrust: _Optional[str] = ..., epoch: _Optional[bytes] = ..., last_sequence: _Optional[int] = ...) -> None: ...
