from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

ACTIVE: KeyState
AES_256_GCM: Suite
AES_256_SIV: Suite
AUDIT_HASH: KeyType
CHACHA20_POLY1305: Suite
COMPROMISED: KeyState
DEK: KeyType
DESCRIPTOR: _descriptor.FileDescriptor
DESTROYED: KeyState
DUAL: Suite
FEK: KeyType
HIGH: Sensitivity
INDEX: KeyType
INDEX_EQUALITY: IndexKind
INDEX_PAIR: IndexKind
INDEX_PREFIX: IndexKind
INDEX_TRIGRAM: IndexKind
KEY_STATE_UNSPECIFIED: KeyState
KEY_TYPE_UNSPECIFIED: KeyType
LOW: Sensitivity
MASTER: KeyType
MEDIUM: Sensitivity
NORMALISER_CASEFOLD: Normaliser
NORMALISER_EMAIL: Normaliser
NORMALISER_LAST_FOUR: Normaliser
NORMALISER_NONE: Normaliser
NORMALISER_PHONE_DIGITS: Normaliser
NORMALISER_TRIM: Normaliser
PENDING: KeyState
RETIRED: KeyState
SENSITIVITY_UNSPECIFIED: Sensitivity
SUBJECT_WRAPPING: KeyType
SUITE_UNSPECIFIED: Suite
TRANSITION: KeyState
XAES_256_GCM: Suite
XAES_256_GCM_COMMITTING: Suite

class FieldDescription(_message.Message):
    __slots__ = ["active_version", "dual", "field", "field_id", "indexes", "key_columns", "record_keys", "row_bound", "sensitivity", "subject_keys", "suite", "table_id"]
    ACTIVE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DUAL_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    KEY_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    RECORD_KEYS_FIELD_NUMBER: _ClassVar[int]
    ROW_BOUND_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEYS_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    TABLE_ID_FIELD_NUMBER: _ClassVar[int]
    active_version: int
    dual: bool
    field: str
    field_id: bytes
    indexes: _containers.RepeatedCompositeFieldContainer[IndexDescription]
    key_columns: _containers.RepeatedScalarFieldContainer[str]
    record_keys: bool
    row_bound: bool
    sensitivity: Sensitivity
    subject_keys: bool
    suite: Suite
    table_id: bytes
    def __init__(self, field: _Optional[str] = ..., table_id: _Optional[bytes] = ..., field_id: _Optional[bytes] = ..., sensitivity: _Optional[_Union[Sensitivity, str]] = ..., suite: _Optional[_Union[Suite, str]] = ..., row_bound: bool = ..., record_keys: bool = ..., active_version: _Optional[int] = ..., indexes: _Optional[_Iterable[_Union[IndexDescription, _Mapping]]] = ..., key_columns: _Optional[_Iterable[str]] = ..., subject_keys: bool = ..., dual: bool = ...) -> None: ...

class FieldKeyReference(_message.Message):
    __slots__ = ["created_unix_ms", "field", "field_id", "state", "suite", "version"]
    CREATED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FIELD_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    created_unix_ms: int
    field: str
    field_id: bytes
    state: KeyState
    suite: Suite
    version: int
    def __init__(self, field: _Optional[str] = ..., field_id: _Optional[bytes] = ..., version: _Optional[int] = ..., suite: _Optional[_Union[Suite, str]] = ..., state: _Optional[_Union[KeyState, str]] = ..., created_unix_ms: _Optional[int] = ...) -> None: ...

class IndexDescription(_message.Message):
    __slots__ = ["beside", "beside_normaliser", "bits", "hashes", "id", "kind", "leakage_accepted", "longest", "name", "normaliser", "shortest"]
    BESIDE_FIELD_NUMBER: _ClassVar[int]
    BESIDE_NORMALISER_FIELD_NUMBER: _ClassVar[int]
    BITS_FIELD_NUMBER: _ClassVar[int]
    HASHES_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LEAKAGE_ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    LONGEST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NORMALISER_FIELD_NUMBER: _ClassVar[int]
    SHORTEST_FIELD_NUMBER: _ClassVar[int]
    beside: str
    beside_normaliser: Normaliser
    bits: int
    hashes: int
    id: bytes
    kind: IndexKind
    leakage_accepted: bool
    longest: int
    name: str
    normaliser: Normaliser
    shortest: int
    def __init__(self, name: _Optional[str] = ..., bits: _Optional[int] = ..., normaliser: _Optional[_Union[Normaliser, str]] = ..., id: _Optional[bytes] = ..., kind: _Optional[_Union[IndexKind, str]] = ..., hashes: _Optional[int] = ..., shortest: _Optional[int] = ..., longest: _Optional[int] = ..., leakage_accepted: bool = ..., beside: _Optional[str] = ..., beside_normaliser: _Optional[_Union[Normaliser, str]] = ...) -> None: ...

class ItemError(_message.Message):
    __slots__ = ["code", "message"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class KeyColumn(_message.Message):
    __slots__ = ["binary", "date", "integer", "text", "uuid"]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    binary: bytes
    date: int
    integer: int
    text: str
    uuid: bytes
    def __init__(self, integer: _Optional[int] = ..., text: _Optional[str] = ..., uuid: _Optional[bytes] = ..., binary: _Optional[bytes] = ..., date: _Optional[int] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ["limit", "since_unix_ms"]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SINCE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    limit: int
    since_unix_ms: int
    def __init__(self, since_unix_ms: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ["alerts"]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[RaisedAlert]
    def __init__(self, alerts: _Optional[_Iterable[_Union[RaisedAlert, _Mapping]]] = ...) -> None: ...

class RaisedAlert(_message.Message):
    __slots__ = ["id", "kind", "object", "pending", "raised_unix_ms", "severity", "text"]
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    RAISED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    kind: str
    object: str
    pending: int
    raised_unix_ms: int
    severity: str
    text: str
    def __init__(self, id: _Optional[bytes] = ..., raised_unix_ms: _Optional[int] = ..., kind: _Optional[str] = ..., severity: _Optional[str] = ..., object: _Optional[str] = ..., text: _Optional[str] = ..., pending: _Optional[int] = ...) -> None: ...

class RecordId(_message.Message):
    __slots__ = ["columns"]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[KeyColumn]
    def __init__(self, columns: _Optional[_Iterable[_Union[KeyColumn, _Mapping]]] = ...) -> None: ...

class Sensitivity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Suite(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Normaliser(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class IndexKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class KeyType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class KeyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
