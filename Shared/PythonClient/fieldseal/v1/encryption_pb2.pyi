from fieldseal.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

BINARY: Encoding
DESCRIPTOR: _descriptor.FileDescriptor
TEXT: Encoding

class BlindIndexItem(_message.Message):
    __slots__ = ["beside", "field", "indexes", "plaintext", "term"]
    BESIDE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    beside: bytes
    field: str
    indexes: _containers.RepeatedScalarFieldContainer[str]
    plaintext: bytes
    term: bool
    def __init__(self, field: _Optional[str] = ..., plaintext: _Optional[bytes] = ..., indexes: _Optional[_Iterable[str]] = ..., term: bool = ..., beside: _Optional[bytes] = ...) -> None: ...

class BlindIndexRequest(_message.Message):
    __slots__ = ["items"]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[BlindIndexItem]
    def __init__(self, items: _Optional[_Iterable[_Union[BlindIndexItem, _Mapping]]] = ...) -> None: ...

class BlindIndexResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BlindIndexResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BlindIndexResult, _Mapping]]] = ...) -> None: ...

class BlindIndexResult(_message.Message):
    __slots__ = ["error", "indexes"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    indexes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ..., indexes: _Optional[_Iterable[bytes]] = ...) -> None: ...

class DecryptItem(_message.Message):
    __slots__ = ["ciphertext", "context", "field", "record_id"]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    ciphertext: bytes
    context: bytes
    field: str
    record_id: _common_pb2.RecordId
    def __init__(self, field: _Optional[str] = ..., ciphertext: _Optional[bytes] = ..., record_id: _Optional[_Union[_common_pb2.RecordId, _Mapping]] = ..., context: _Optional[bytes] = ...) -> None: ...

class DecryptRequest(_message.Message):
    __slots__ = ["encoding", "items"]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    items: _containers.RepeatedCompositeFieldContainer[DecryptItem]
    def __init__(self, items: _Optional[_Iterable[_Union[DecryptItem, _Mapping]]] = ..., encoding: _Optional[_Union[Encoding, str]] = ...) -> None: ...

class DecryptResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[DecryptResult]
    def __init__(self, results: _Optional[_Iterable[_Union[DecryptResult, _Mapping]]] = ...) -> None: ...

class DecryptResult(_message.Message):
    __slots__ = ["error", "plaintext"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    plaintext: bytes
    def __init__(self, plaintext: _Optional[bytes] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class DeriveFieldKeyRequest(_message.Message):
    __slots__ = ["fields"]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, fields: _Optional[_Iterable[str]] = ...) -> None: ...

class DeriveFieldKeyResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[FieldKeyResult]
    def __init__(self, results: _Optional[_Iterable[_Union[FieldKeyResult, _Mapping]]] = ...) -> None: ...

class DescribeFieldRequest(_message.Message):
    __slots__ = ["fields"]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, fields: _Optional[_Iterable[str]] = ...) -> None: ...

class DescribeFieldResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[DescribeFieldResult]
    def __init__(self, results: _Optional[_Iterable[_Union[DescribeFieldResult, _Mapping]]] = ...) -> None: ...

class DescribeFieldResult(_message.Message):
    __slots__ = ["description", "error"]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    description: _common_pb2.FieldDescription
    error: _common_pb2.ItemError
    def __init__(self, description: _Optional[_Union[_common_pb2.FieldDescription, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class EncryptItem(_message.Message):
    __slots__ = ["context", "field", "indexes", "plaintext", "record_id", "subject"]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    PLAINTEXT_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    context: bytes
    field: str
    indexes: _containers.RepeatedScalarFieldContainer[str]
    plaintext: bytes
    record_id: _common_pb2.RecordId
    subject: bytes
    def __init__(self, field: _Optional[str] = ..., plaintext: _Optional[bytes] = ..., record_id: _Optional[_Union[_common_pb2.RecordId, _Mapping]] = ..., context: _Optional[bytes] = ..., indexes: _Optional[_Iterable[str]] = ..., subject: _Optional[bytes] = ...) -> None: ...

class EncryptRequest(_message.Message):
    __slots__ = ["encoding", "items"]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    items: _containers.RepeatedCompositeFieldContainer[EncryptItem]
    def __init__(self, items: _Optional[_Iterable[_Union[EncryptItem, _Mapping]]] = ..., encoding: _Optional[_Union[Encoding, str]] = ...) -> None: ...

class EncryptResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[EncryptResult]
    def __init__(self, results: _Optional[_Iterable[_Union[EncryptResult, _Mapping]]] = ...) -> None: ...

class EncryptResult(_message.Message):
    __slots__ = ["ciphertext", "error", "indexes"]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    ciphertext: bytes
    error: _common_pb2.ItemError
    indexes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, ciphertext: _Optional[bytes] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ..., indexes: _Optional[_Iterable[bytes]] = ...) -> None: ...

class FieldKeyResult(_message.Message):
    __slots__ = ["error", "key"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    key: _common_pb2.FieldKeyReference
    def __init__(self, key: _Optional[_Union[_common_pb2.FieldKeyReference, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class HashRecordRequest(_message.Message):
    __slots__ = ["field", "record_id"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    field: str
    record_id: _common_pb2.RecordId
    def __init__(self, field: _Optional[str] = ..., record_id: _Optional[_Union[_common_pb2.RecordId, _Mapping]] = ...) -> None: ...

class HashRecordResponse(_message.Message):
    __slots__ = ["hash", "key_version"]
    HASH_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    hash: bytes
    key_version: int
    def __init__(self, hash: _Optional[bytes] = ..., key_version: _Optional[int] = ...) -> None: ...

class RebindItem(_message.Message):
    __slots__ = ["ciphertext", "context", "field", "new_context", "new_record_id", "record_id"]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    NEW_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    NEW_RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    ciphertext: bytes
    context: bytes
    field: str
    new_context: bytes
    new_record_id: _common_pb2.RecordId
    record_id: _common_pb2.RecordId
    def __init__(self, field: _Optional[str] = ..., ciphertext: _Optional[bytes] = ..., record_id: _Optional[_Union[_common_pb2.RecordId, _Mapping]] = ..., context: _Optional[bytes] = ..., new_record_id: _Optional[_Union[_common_pb2.RecordId, _Mapping]] = ..., new_context: _Optional[bytes] = ...) -> None: ...

class RebindRequest(_message.Message):
    __slots__ = ["encoding", "items"]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    items: _containers.RepeatedCompositeFieldContainer[RebindItem]
    def __init__(self, items: _Optional[_Iterable[_Union[RebindItem, _Mapping]]] = ..., encoding: _Optional[_Union[Encoding, str]] = ...) -> None: ...

class RebindResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[RewrapResult]
    def __init__(self, results: _Optional[_Iterable[_Union[RewrapResult, _Mapping]]] = ...) -> None: ...

class RewrapRequest(_message.Message):
    __slots__ = ["encoding", "items"]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    items: _containers.RepeatedCompositeFieldContainer[DecryptItem]
    def __init__(self, items: _Optional[_Iterable[_Union[DecryptItem, _Mapping]]] = ..., encoding: _Optional[_Union[Encoding, str]] = ...) -> None: ...

class RewrapResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[RewrapResult]
    def __init__(self, results: _Optional[_Iterable[_Union[RewrapResult, _Mapping]]] = ...) -> None: ...

class RewrapResult(_message.Message):
    __slots__ = ["changed", "ciphertext", "error"]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    changed: bool
    ciphertext: bytes
    error: _common_pb2.ItemError
    def __init__(self, ciphertext: _Optional[bytes] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ..., changed: bool = ...) -> None: ...

class RotateKeyRequest(_message.Message):
    __slots__ = ["fields"]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, fields: _Optional[_Iterable[str]] = ...) -> None: ...

class RotateKeyResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[FieldKeyResult]
    def __init__(self, results: _Optional[_Iterable[_Union[FieldKeyResult, _Mapping]]] = ...) -> None: ...

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
