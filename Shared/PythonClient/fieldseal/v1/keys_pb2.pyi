from fieldseal.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApplyCatalogRequest(_message.Message):
    __slots__ = ["dry_run", "tables"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    tables: _containers.RepeatedCompositeFieldContainer[CatalogTable]
    def __init__(self, tables: _Optional[_Iterable[_Union[CatalogTable, _Mapping]]] = ..., dry_run: bool = ...) -> None: ...

class ApplyCatalogResponse(_message.Message):
    __slots__ = ["changes", "revision"]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[CatalogChange]
    revision: int
    def __init__(self, changes: _Optional[_Iterable[_Union[CatalogChange, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class CatalogChange(_message.Message):
    __slots__ = ["detail", "kind", "object"]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    detail: str
    kind: str
    object: str
    def __init__(self, kind: _Optional[str] = ..., object: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class CatalogField(_message.Message):
    __slots__ = ["id", "indexes", "name", "record_keys", "row_bound", "sensitivity", "suite"]
    ID_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_KEYS_FIELD_NUMBER: _ClassVar[int]
    ROW_BOUND_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    indexes: _containers.RepeatedCompositeFieldContainer[_common_pb2.IndexDescription]
    name: str
    record_keys: bool
    row_bound: bool
    sensitivity: _common_pb2.Sensitivity
    suite: _common_pb2.Suite
    def __init__(self, name: _Optional[str] = ..., id: _Optional[bytes] = ..., sensitivity: _Optional[_Union[_common_pb2.Sensitivity, str]] = ..., suite: _Optional[_Union[_common_pb2.Suite, str]] = ..., row_bound: bool = ..., record_keys: bool = ..., indexes: _Optional[_Iterable[_Union[_common_pb2.IndexDescription, _Mapping]]] = ...) -> None: ...

class CatalogTable(_message.Message):
    __slots__ = ["fields", "id", "key_columns", "name"]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedCompositeFieldContainer[CatalogField]
    id: bytes
    key_columns: _containers.RepeatedScalarFieldContainer[str]
    name: str
    def __init__(self, name: _Optional[str] = ..., id: _Optional[bytes] = ..., key_columns: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[_Union[CatalogField, _Mapping]]] = ...) -> None: ...

class EnsureFieldKeyRequest(_message.Message):
    __slots__ = ["asserted_actor", "fields"]
    ASSERTED_ACTOR_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    asserted_actor: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, fields: _Optional[_Iterable[str]] = ..., asserted_actor: _Optional[str] = ...) -> None: ...

class EnsureFieldKeyResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[KeyReferenceResult]
    def __init__(self, results: _Optional[_Iterable[_Union[KeyReferenceResult, _Mapping]]] = ...) -> None: ...

class FieldKeyGrant(_message.Message):
    __slots__ = ["description", "index_keys", "key", "sealed_key", "ttl_seconds"]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INDEX_KEYS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    description: _common_pb2.FieldDescription
    index_keys: _containers.RepeatedCompositeFieldContainer[SealedIndexKey]
    key: _common_pb2.FieldKeyReference
    sealed_key: bytes
    ttl_seconds: int
    def __init__(self, description: _Optional[_Union[_common_pb2.FieldDescription, _Mapping]] = ..., key: _Optional[_Union[_common_pb2.FieldKeyReference, _Mapping]] = ..., sealed_key: _Optional[bytes] = ..., ttl_seconds: _Optional[int] = ..., index_keys: _Optional[_Iterable[_Union[SealedIndexKey, _Mapping]]] = ...) -> None: ...

class FieldKeySelector(_message.Message):
    __slots__ = ["field", "version"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    field: str
    version: int
    def __init__(self, field: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class GetAuditHashKeyRequest(_message.Message):
    __slots__ = ["recipient"]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    recipient: bytes
    def __init__(self, recipient: _Optional[bytes] = ...) -> None: ...

class GetAuditHashKeyResponse(_message.Message):
    __slots__ = ["sealed_key", "ttl_seconds", "version"]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    sealed_key: bytes
    ttl_seconds: int
    version: int
    def __init__(self, version: _Optional[int] = ..., sealed_key: _Optional[bytes] = ..., ttl_seconds: _Optional[int] = ...) -> None: ...

class GetCatalogRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetCatalogResponse(_message.Message):
    __slots__ = ["revision", "tables"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    revision: int
    tables: _containers.RepeatedCompositeFieldContainer[CatalogTable]
    def __init__(self, tables: _Optional[_Iterable[_Union[CatalogTable, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class GetFieldKeyRequest(_message.Message):
    __slots__ = ["recipient", "selectors"]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    SELECTORS_FIELD_NUMBER: _ClassVar[int]
    recipient: bytes
    selectors: _containers.RepeatedCompositeFieldContainer[FieldKeySelector]
    def __init__(self, recipient: _Optional[bytes] = ..., selectors: _Optional[_Iterable[_Union[FieldKeySelector, _Mapping]]] = ...) -> None: ...

class GetFieldKeyResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[GetFieldKeyResult]
    def __init__(self, results: _Optional[_Iterable[_Union[GetFieldKeyResult, _Mapping]]] = ...) -> None: ...

class GetFieldKeyResult(_message.Message):
    __slots__ = ["error", "grant"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    grant: FieldKeyGrant
    def __init__(self, grant: _Optional[_Union[FieldKeyGrant, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class KeyInfo(_message.Message):
    __slots__ = ["algorithm", "created_unix_ms", "expires_unix_ms", "id", "name", "parent_version", "revision", "rotation_count", "state", "type", "version"]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    CREATED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ROTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    created_unix_ms: int
    expires_unix_ms: int
    id: bytes
    name: str
    parent_version: int
    revision: int
    rotation_count: int
    state: _common_pb2.KeyState
    type: _common_pb2.KeyType
    version: int
    def __init__(self, type: _Optional[_Union[_common_pb2.KeyType, str]] = ..., name: _Optional[str] = ..., id: _Optional[bytes] = ..., version: _Optional[int] = ..., state: _Optional[_Union[_common_pb2.KeyState, str]] = ..., algorithm: _Optional[str] = ..., parent_version: _Optional[int] = ..., created_unix_ms: _Optional[int] = ..., expires_unix_ms: _Optional[int] = ..., rotation_count: _Optional[int] = ..., revision: _Optional[int] = ...) -> None: ...

class KeyReferenceResult(_message.Message):
    __slots__ = ["error", "key"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    key: _common_pb2.FieldKeyReference
    def __init__(self, key: _Optional[_Union[_common_pb2.FieldKeyReference, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class KeysStatusRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class KeysStatusResponse(_message.Message):
    __slots__ = ["fields", "keys", "outbox_pending", "provider", "revision", "sealed", "tables"]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_PENDING_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    fields: int
    keys: int
    outbox_pending: int
    provider: str
    revision: int
    sealed: bool
    tables: int
    def __init__(self, sealed: bool = ..., provider: _Optional[str] = ..., revision: _Optional[int] = ..., tables: _Optional[int] = ..., fields: _Optional[int] = ..., keys: _Optional[int] = ..., outbox_pending: _Optional[int] = ...) -> None: ...

class ListKeysRequest(_message.Message):
    __slots__ = ["name", "type"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: _common_pb2.KeyType
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[_common_pb2.KeyType, str]] = ...) -> None: ...

class ListKeysResponse(_message.Message):
    __slots__ = ["keys"]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[KeyInfo]
    def __init__(self, keys: _Optional[_Iterable[_Union[KeyInfo, _Mapping]]] = ...) -> None: ...

class RotateKeysRequest(_message.Message):
    __slots__ = ["asserted_actor", "keys"]
    ASSERTED_ACTOR_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    asserted_actor: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, keys: _Optional[_Iterable[str]] = ..., asserted_actor: _Optional[str] = ...) -> None: ...

class RotateKeysResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[KeyReferenceResult]
    def __init__(self, results: _Optional[_Iterable[_Union[KeyReferenceResult, _Mapping]]] = ...) -> None: ...

class SealedIndexKey(_message.Message):
    __slots__ = ["name", "sealed_key"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    sealed_key: bytes
    def __init__(self, name: _Optional[str] = ..., sealed_key: _Optional[bytes] = ...) -> None: ...

class ShowKeyRequest(_message.Message):
    __slots__ = ["name", "version"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ShowKeyResponse(_message.Message):
    __slots__ = ["key", "versions"]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    key: KeyInfo
    versions: _containers.RepeatedCompositeFieldContainer[KeyInfo]
    def __init__(self, key: _Optional[_Union[KeyInfo, _Mapping]] = ..., versions: _Optional[_Iterable[_Union[KeyInfo, _Mapping]]] = ...) -> None: ...
