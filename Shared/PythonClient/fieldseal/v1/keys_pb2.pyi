from fieldseal.v1 import audit_pb2 as _audit_pb2
from fieldseal.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

AUDIT_HASH_CHANGED: KeyChangeKind
CLOSE_WINDOW: ScheduledAction
DESCRIPTOR: _descriptor.FileDescriptor
DESTROY: ScheduledAction
DESTRUCTION_CANCELLED: DestructionState
DESTRUCTION_DONE: DestructionState
DESTRUCTION_PROPOSED: DestructionState
DESTRUCTION_SCHEDULED: DestructionState
DESTRUCTION_STATE_UNSPECIFIED: DestructionState
DRILL: ScheduledAction
FIELD_CHANGED: KeyChangeKind
KEY_ADDED: KeyChangeKind
KEY_CHANGE_KIND_UNSPECIFIED: KeyChangeKind
KEY_REVOKED: KeyChangeKind
ROTATE: ScheduledAction
SCHEDULED_ACTION_UNSPECIFIED: ScheduledAction
SUBJECTS_SUPERSEDED: KeyChangeKind
SUBJECT_ERASED: KeyChangeKind

class AcceptRestoreRequest(_message.Message):
    __slots__ = ["dry_run", "revision"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    revision: int
    def __init__(self, revision: _Optional[int] = ..., dry_run: bool = ...) -> None: ...

class AcceptRestoreResponse(_message.Message):
    __slots__ = ["logged_revision", "replayed", "revision", "rotated"]
    LOGGED_REVISION_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ROTATED_FIELD_NUMBER: _ClassVar[int]
    logged_revision: int
    replayed: _containers.RepeatedCompositeFieldContainer[ReplayedEvent]
    revision: int
    rotated: _containers.RepeatedCompositeFieldContainer[KeyInfo]
    def __init__(self, revision: _Optional[int] = ..., logged_revision: _Optional[int] = ..., replayed: _Optional[_Iterable[_Union[ReplayedEvent, _Mapping]]] = ..., rotated: _Optional[_Iterable[_Union[KeyInfo, _Mapping]]] = ...) -> None: ...

class AcknowledgeKeysRequest(_message.Message):
    __slots__ = ["position", "replica"]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    position: int
    replica: bytes
    def __init__(self, replica: _Optional[bytes] = ..., position: _Optional[int] = ...) -> None: ...

class AcknowledgeKeysResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class AffectedField(_message.Message):
    __slots__ = ["census_unix_ms", "field", "rows", "versions"]
    CENSUS_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    census_unix_ms: int
    field: str
    rows: int
    versions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, field: _Optional[str] = ..., versions: _Optional[_Iterable[int]] = ..., rows: _Optional[int] = ..., census_unix_ms: _Optional[int] = ...) -> None: ...

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

class BackupChunk(_message.Message):
    __slots__ = ["data", "digest", "last", "revision"]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    digest: bytes
    last: bool
    revision: int
    def __init__(self, data: _Optional[bytes] = ..., last: bool = ..., revision: _Optional[int] = ..., digest: _Optional[bytes] = ...) -> None: ...

class BackupRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

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
    __slots__ = ["backup_retention_days", "dual", "id", "indexes", "locations", "name", "record_keys", "rotation_days", "row_bound", "sensitivity", "subject_keys", "suite", "transition_days"]
    BACKUP_RETENTION_DAYS_FIELD_NUMBER: _ClassVar[int]
    DUAL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_KEYS_FIELD_NUMBER: _ClassVar[int]
    ROTATION_DAYS_FIELD_NUMBER: _ClassVar[int]
    ROW_BOUND_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEYS_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_DAYS_FIELD_NUMBER: _ClassVar[int]
    backup_retention_days: int
    dual: bool
    id: bytes
    indexes: _containers.RepeatedCompositeFieldContainer[_common_pb2.IndexDescription]
    locations: _containers.RepeatedScalarFieldContainer[str]
    name: str
    record_keys: bool
    rotation_days: int
    row_bound: bool
    sensitivity: _common_pb2.Sensitivity
    subject_keys: bool
    suite: _common_pb2.Suite
    transition_days: int
    def __init__(self, name: _Optional[str] = ..., id: _Optional[bytes] = ..., sensitivity: _Optional[_Union[_common_pb2.Sensitivity, str]] = ..., suite: _Optional[_Union[_common_pb2.Suite, str]] = ..., row_bound: bool = ..., record_keys: bool = ..., indexes: _Optional[_Iterable[_Union[_common_pb2.IndexDescription, _Mapping]]] = ..., rotation_days: _Optional[int] = ..., transition_days: _Optional[int] = ..., dual: bool = ..., subject_keys: bool = ..., backup_retention_days: _Optional[int] = ..., locations: _Optional[_Iterable[str]] = ...) -> None: ...

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

class Census(_message.Message):
    __slots__ = ["begun_unix_ms", "counts", "field", "location", "reported_unix_ms", "reporter"]
    BEGUN_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REPORTED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    REPORTER_FIELD_NUMBER: _ClassVar[int]
    begun_unix_ms: int
    counts: _containers.RepeatedCompositeFieldContainer[CensusCount]
    field: str
    location: str
    reported_unix_ms: int
    reporter: str
    def __init__(self, field: _Optional[str] = ..., location: _Optional[str] = ..., begun_unix_ms: _Optional[int] = ..., reported_unix_ms: _Optional[int] = ..., reporter: _Optional[str] = ..., counts: _Optional[_Iterable[_Union[CensusCount, _Mapping]]] = ...) -> None: ...

class CensusCount(_message.Message):
    __slots__ = ["rows", "version"]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    rows: int
    version: int
    def __init__(self, version: _Optional[int] = ..., rows: _Optional[int] = ...) -> None: ...

class CompromiseKeyRequest(_message.Message):
    __slots__ = ["dry_run", "key", "reason", "suspected_since_unix_ms", "version", "without"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUSPECTED_SINCE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    key: str
    reason: str
    suspected_since_unix_ms: int
    version: int
    without: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[str] = ..., version: _Optional[int] = ..., reason: _Optional[str] = ..., suspected_since_unix_ms: _Optional[int] = ..., dry_run: bool = ..., without: _Optional[_Iterable[str]] = ...) -> None: ...

class CompromiseKeyResponse(_message.Message):
    __slots__ = ["affected", "compromised", "made", "revision", "watchers"]
    AFFECTED_FIELD_NUMBER: _ClassVar[int]
    COMPROMISED_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WATCHERS_FIELD_NUMBER: _ClassVar[int]
    affected: _containers.RepeatedCompositeFieldContainer[AffectedField]
    compromised: _containers.RepeatedCompositeFieldContainer[KeyInfo]
    made: _containers.RepeatedCompositeFieldContainer[KeyInfo]
    revision: int
    watchers: _containers.RepeatedCompositeFieldContainer[Watcher]
    def __init__(self, compromised: _Optional[_Iterable[_Union[KeyInfo, _Mapping]]] = ..., made: _Optional[_Iterable[_Union[KeyInfo, _Mapping]]] = ..., affected: _Optional[_Iterable[_Union[AffectedField, _Mapping]]] = ..., revision: _Optional[int] = ..., watchers: _Optional[_Iterable[_Union[Watcher, _Mapping]]] = ...) -> None: ...

class Custodian(_message.Message):
    __slots__ = ["added_unix_ms", "configured", "drill_cause", "drill_passed", "drilled_unix_ms", "holds", "key", "missing", "name", "provider"]
    ADDED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    CONFIGURED_FIELD_NUMBER: _ClassVar[int]
    DRILLED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    DRILL_CAUSE_FIELD_NUMBER: _ClassVar[int]
    DRILL_PASSED_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    added_unix_ms: int
    configured: bool
    drill_cause: str
    drill_passed: bool
    drilled_unix_ms: int
    holds: bool
    key: str
    missing: bool
    name: str
    provider: str
    def __init__(self, name: _Optional[str] = ..., provider: _Optional[str] = ..., key: _Optional[str] = ..., configured: bool = ..., holds: bool = ..., added_unix_ms: _Optional[int] = ..., drilled_unix_ms: _Optional[int] = ..., drill_passed: bool = ..., drill_cause: _Optional[str] = ..., missing: bool = ...) -> None: ...

class CustodianRequest(_message.Message):
    __slots__ = ["dry_run", "name"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    name: str
    def __init__(self, name: _Optional[str] = ..., dry_run: bool = ...) -> None: ...

class DestructionResponse(_message.Message):
    __slots__ = ["complete_unix_ms", "destroy_unix_ms", "key", "proposed_by", "state", "waits_for"]
    COMPLETE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    DESTROY_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_BY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAITS_FOR_FIELD_NUMBER: _ClassVar[int]
    complete_unix_ms: int
    destroy_unix_ms: int
    key: KeyInfo
    proposed_by: str
    state: DestructionState
    waits_for: str
    def __init__(self, key: _Optional[_Union[KeyInfo, _Mapping]] = ..., state: _Optional[_Union[DestructionState, str]] = ..., destroy_unix_ms: _Optional[int] = ..., waits_for: _Optional[str] = ..., proposed_by: _Optional[str] = ..., complete_unix_ms: _Optional[int] = ...) -> None: ...

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

class EraseSubjectRequest(_message.Message):
    __slots__ = ["dry_run", "subject_id", "table"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    subject_id: bytes
    table: str
    def __init__(self, table: _Optional[str] = ..., subject_id: _Optional[bytes] = ..., dry_run: bool = ...) -> None: ...

class EraseSubjectResponse(_message.Message):
    __slots__ = ["complete_unix_ms", "erased_unix_ms", "found", "index_columns", "revision", "subject_key_id", "watchers"]
    COMPLETE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    ERASED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    INDEX_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    WATCHERS_FIELD_NUMBER: _ClassVar[int]
    complete_unix_ms: int
    erased_unix_ms: int
    found: bool
    index_columns: _containers.RepeatedScalarFieldContainer[str]
    revision: int
    subject_key_id: bytes
    watchers: _containers.RepeatedCompositeFieldContainer[Watcher]
    def __init__(self, found: bool = ..., subject_key_id: _Optional[bytes] = ..., erased_unix_ms: _Optional[int] = ..., complete_unix_ms: _Optional[int] = ..., revision: _Optional[int] = ..., watchers: _Optional[_Iterable[_Union[Watcher, _Mapping]]] = ..., index_columns: _Optional[_Iterable[str]] = ...) -> None: ...

class FieldKeyGrant(_message.Message):
    __slots__ = ["description", "index_keys", "key", "lease_count", "partner", "revision", "sealed_key", "ttl_seconds"]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INDEX_KEYS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LEASE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PARTNER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    description: _common_pb2.FieldDescription
    index_keys: _containers.RepeatedCompositeFieldContainer[SealedIndexKey]
    key: _common_pb2.FieldKeyReference
    lease_count: int
    partner: SealedPartner
    revision: int
    sealed_key: bytes
    ttl_seconds: int
    def __init__(self, description: _Optional[_Union[_common_pb2.FieldDescription, _Mapping]] = ..., key: _Optional[_Union[_common_pb2.FieldKeyReference, _Mapping]] = ..., sealed_key: _Optional[bytes] = ..., ttl_seconds: _Optional[int] = ..., index_keys: _Optional[_Iterable[_Union[SealedIndexKey, _Mapping]]] = ..., lease_count: _Optional[int] = ..., partner: _Optional[_Union[SealedPartner, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class FieldKeySelector(_message.Message):
    __slots__ = ["field", "for_rewrap", "held_version", "lease_count", "version"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FOR_REWRAP_FIELD_NUMBER: _ClassVar[int]
    HELD_VERSION_FIELD_NUMBER: _ClassVar[int]
    LEASE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    field: str
    for_rewrap: bool
    held_version: int
    lease_count: int
    version: int
    def __init__(self, field: _Optional[str] = ..., version: _Optional[int] = ..., lease_count: _Optional[int] = ..., for_rewrap: bool = ..., held_version: _Optional[int] = ...) -> None: ...

class GetAuditHashKeyRequest(_message.Message):
    __slots__ = ["epoch", "recipient"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    epoch: _audit_pb2.EpochStatement
    recipient: bytes
    def __init__(self, recipient: _Optional[bytes] = ..., epoch: _Optional[_Union[_audit_pb2.EpochStatement, _Mapping]] = ...) -> None: ...

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
    __slots__ = ["epoch", "recipient", "selectors"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    SELECTORS_FIELD_NUMBER: _ClassVar[int]
    epoch: _audit_pb2.EpochStatement
    recipient: bytes
    selectors: _containers.RepeatedCompositeFieldContainer[FieldKeySelector]
    def __init__(self, recipient: _Optional[bytes] = ..., selectors: _Optional[_Iterable[_Union[FieldKeySelector, _Mapping]]] = ..., epoch: _Optional[_Union[_audit_pb2.EpochStatement, _Mapping]] = ...) -> None: ...

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

class GetSubjectKeyRequest(_message.Message):
    __slots__ = ["epoch", "recipient", "selectors"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    SELECTORS_FIELD_NUMBER: _ClassVar[int]
    epoch: _audit_pb2.EpochStatement
    recipient: bytes
    selectors: _containers.RepeatedCompositeFieldContainer[SubjectSelector]
    def __init__(self, recipient: _Optional[bytes] = ..., selectors: _Optional[_Iterable[_Union[SubjectSelector, _Mapping]]] = ..., epoch: _Optional[_Union[_audit_pb2.EpochStatement, _Mapping]] = ...) -> None: ...

class GetSubjectKeyResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[SubjectKeyResult]
    def __init__(self, results: _Optional[_Iterable[_Union[SubjectKeyResult, _Mapping]]] = ...) -> None: ...

class KeyChange(_message.Message):
    __slots__ = ["field", "kind", "subject_key_id", "version"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    field: str
    kind: KeyChangeKind
    subject_key_id: bytes
    version: int
    def __init__(self, kind: _Optional[_Union[KeyChangeKind, str]] = ..., field: _Optional[str] = ..., version: _Optional[int] = ..., subject_key_id: _Optional[bytes] = ...) -> None: ...

class KeyChangeResponse(_message.Message):
    __slots__ = ["keys", "revision"]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[KeyInfo]
    revision: int
    def __init__(self, keys: _Optional[_Iterable[_Union[KeyInfo, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class KeyChanges(_message.Message):
    __slots__ = ["changes", "lost", "position"]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[KeyChange]
    lost: bool
    position: int
    def __init__(self, position: _Optional[int] = ..., changes: _Optional[_Iterable[_Union[KeyChange, _Mapping]]] = ..., lost: bool = ...) -> None: ...

class KeyInfo(_message.Message):
    __slots__ = ["algorithm", "compromised_unix_ms", "created_unix_ms", "destroy_unix_ms", "expires_unix_ms", "id", "leased", "name", "parent_version", "revision", "rotation_count", "rows", "state", "state_unix_ms", "transition_ends_unix_ms", "type", "version"]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    COMPROMISED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    CREATED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    DESTROY_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LEASED_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ROTATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_ENDS_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    algorithm: str
    compromised_unix_ms: int
    created_unix_ms: int
    destroy_unix_ms: int
    expires_unix_ms: int
    id: bytes
    leased: int
    name: str
    parent_version: int
    revision: int
    rotation_count: int
    rows: str
    state: _common_pb2.KeyState
    state_unix_ms: int
    transition_ends_unix_ms: int
    type: _common_pb2.KeyType
    version: int
    def __init__(self, type: _Optional[_Union[_common_pb2.KeyType, str]] = ..., name: _Optional[str] = ..., id: _Optional[bytes] = ..., version: _Optional[int] = ..., state: _Optional[_Union[_common_pb2.KeyState, str]] = ..., algorithm: _Optional[str] = ..., parent_version: _Optional[int] = ..., created_unix_ms: _Optional[int] = ..., expires_unix_ms: _Optional[int] = ..., rotation_count: _Optional[int] = ..., revision: _Optional[int] = ..., state_unix_ms: _Optional[int] = ..., transition_ends_unix_ms: _Optional[int] = ..., compromised_unix_ms: _Optional[int] = ..., destroy_unix_ms: _Optional[int] = ..., leased: _Optional[int] = ..., rows: _Optional[str] = ...) -> None: ...

class KeyReferenceResult(_message.Message):
    __slots__ = ["error", "key"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    key: _common_pb2.FieldKeyReference
    def __init__(self, key: _Optional[_Union[_common_pb2.FieldKeyReference, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class KeyVersionRequest(_message.Message):
    __slots__ = ["dry_run", "key", "version"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    key: str
    version: int
    def __init__(self, key: _Optional[str] = ..., version: _Optional[int] = ..., dry_run: bool = ...) -> None: ...

class KeysStatusRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class KeysStatusResponse(_message.Message):
    __slots__ = ["fields", "keys", "late_rotations", "outbox_pending", "provider", "quarantined", "revision", "sealed", "tables"]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    LATE_ROTATIONS_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_PENDING_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    fields: int
    keys: int
    late_rotations: int
    outbox_pending: int
    provider: str
    quarantined: bool
    revision: int
    sealed: bool
    tables: int
    def __init__(self, sealed: bool = ..., provider: _Optional[str] = ..., revision: _Optional[int] = ..., tables: _Optional[int] = ..., fields: _Optional[int] = ..., keys: _Optional[int] = ..., outbox_pending: _Optional[int] = ..., quarantined: bool = ..., late_rotations: _Optional[int] = ...) -> None: ...

class LeaseGrant(_message.Message):
    __slots__ = ["count", "ttl_seconds"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    count: int
    ttl_seconds: int
    def __init__(self, count: _Optional[int] = ..., ttl_seconds: _Optional[int] = ...) -> None: ...

class LeaseItem(_message.Message):
    __slots__ = ["count", "field", "version"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    count: int
    field: str
    version: int
    def __init__(self, field: _Optional[str] = ..., version: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class LeaseRequest(_message.Message):
    __slots__ = ["epoch", "items"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    epoch: _audit_pb2.EpochStatement
    items: _containers.RepeatedCompositeFieldContainer[LeaseItem]
    def __init__(self, items: _Optional[_Iterable[_Union[LeaseItem, _Mapping]]] = ..., epoch: _Optional[_Union[_audit_pb2.EpochStatement, _Mapping]] = ...) -> None: ...

class LeaseResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[LeaseResult]
    def __init__(self, results: _Optional[_Iterable[_Union[LeaseResult, _Mapping]]] = ...) -> None: ...

class LeaseResult(_message.Message):
    __slots__ = ["error", "grant"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    grant: LeaseGrant
    def __init__(self, grant: _Optional[_Union[LeaseGrant, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

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

class MakeSharesRequest(_message.Message):
    __slots__ = ["name", "recipient", "shares", "threshold"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    name: str
    recipient: bytes
    shares: int
    threshold: int
    def __init__(self, name: _Optional[str] = ..., threshold: _Optional[int] = ..., shares: _Optional[int] = ..., recipient: _Optional[bytes] = ...) -> None: ...

class MakeSharesResponse(_message.Message):
    __slots__ = ["sealed_shares", "set_id"]
    SEALED_SHARES_FIELD_NUMBER: _ClassVar[int]
    SET_ID_FIELD_NUMBER: _ClassVar[int]
    sealed_shares: _containers.RepeatedScalarFieldContainer[bytes]
    set_id: bytes
    def __init__(self, sealed_shares: _Optional[_Iterable[bytes]] = ..., set_id: _Optional[bytes] = ...) -> None: ...

class PauseRotationRequest(_message.Message):
    __slots__ = ["name", "until_unix_ms"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNTIL_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    name: str
    until_unix_ms: int
    def __init__(self, name: _Optional[str] = ..., until_unix_ms: _Optional[int] = ...) -> None: ...

class PauseRotationResponse(_message.Message):
    __slots__ = ["paused"]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    paused: _containers.RepeatedCompositeFieldContainer[PausedRotation]
    def __init__(self, paused: _Optional[_Iterable[_Union[PausedRotation, _Mapping]]] = ...) -> None: ...

class PausedRotation(_message.Message):
    __slots__ = ["actor", "name", "since_unix_ms", "until_unix_ms"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SINCE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    actor: str
    name: str
    since_unix_ms: int
    until_unix_ms: int
    def __init__(self, name: _Optional[str] = ..., since_unix_ms: _Optional[int] = ..., until_unix_ms: _Optional[int] = ..., actor: _Optional[str] = ...) -> None: ...

class Reencryption(_message.Message):
    __slots__ = ["census_unix_ms", "field", "reason", "rows", "since_unix_ms", "versions"]
    CENSUS_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SINCE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    census_unix_ms: int
    field: str
    reason: str
    rows: int
    since_unix_ms: int
    versions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, field: _Optional[str] = ..., reason: _Optional[str] = ..., since_unix_ms: _Optional[int] = ..., versions: _Optional[_Iterable[int]] = ..., rows: _Optional[int] = ..., census_unix_ms: _Optional[int] = ...) -> None: ...

class ReplayedEvent(_message.Message):
    __slots__ = ["object", "operation", "unix_ms", "version"]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    object: str
    operation: str
    unix_ms: int
    version: int
    def __init__(self, operation: _Optional[str] = ..., object: _Optional[str] = ..., version: _Optional[int] = ..., unix_ms: _Optional[int] = ...) -> None: ...

class ReportCensusRequest(_message.Message):
    __slots__ = ["begun_unix_ms", "counts", "field", "location", "primary"]
    BEGUN_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_FIELD_NUMBER: _ClassVar[int]
    begun_unix_ms: int
    counts: _containers.RepeatedCompositeFieldContainer[CensusCount]
    field: str
    location: str
    primary: bool
    def __init__(self, field: _Optional[str] = ..., location: _Optional[str] = ..., begun_unix_ms: _Optional[int] = ..., primary: bool = ..., counts: _Optional[_Iterable[_Union[CensusCount, _Mapping]]] = ...) -> None: ...

class ReportCensusResponse(_message.Message):
    __slots__ = ["revision"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class ResumeRotationRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RollbackRotationRequest(_message.Message):
    __slots__ = ["dry_run", "key"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    key: str
    def __init__(self, key: _Optional[str] = ..., dry_run: bool = ...) -> None: ...

class RotateKeysRequest(_message.Message):
    __slots__ = ["asserted_actor", "dry_run", "keys", "without"]
    ASSERTED_ACTOR_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_FIELD_NUMBER: _ClassVar[int]
    asserted_actor: str
    dry_run: bool
    keys: _containers.RepeatedScalarFieldContainer[str]
    without: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, keys: _Optional[_Iterable[str]] = ..., asserted_actor: _Optional[str] = ..., without: _Optional[_Iterable[str]] = ..., dry_run: bool = ...) -> None: ...

class RotateKeysResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[KeyReferenceResult]
    def __init__(self, results: _Optional[_Iterable[_Union[KeyReferenceResult, _Mapping]]] = ...) -> None: ...

class RotateManyRequest(_message.Message):
    __slots__ = ["dry_run", "type", "under"]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    UNDER_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    type: _common_pb2.KeyType
    under: str
    def __init__(self, type: _Optional[_Union[_common_pb2.KeyType, str]] = ..., under: _Optional[str] = ..., dry_run: bool = ...) -> None: ...

class RotateManyResponse(_message.Message):
    __slots__ = ["results"]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[RotatedKey]
    def __init__(self, results: _Optional[_Iterable[_Union[RotatedKey, _Mapping]]] = ...) -> None: ...

class RotatedKey(_message.Message):
    __slots__ = ["name", "result", "type"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    result: KeyReferenceResult
    type: _common_pb2.KeyType
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[_common_pb2.KeyType, str]] = ..., result: _Optional[_Union[KeyReferenceResult, _Mapping]] = ...) -> None: ...

class RunDrillRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RunDrillResponse(_message.Message):
    __slots__ = ["custodians"]
    CUSTODIANS_FIELD_NUMBER: _ClassVar[int]
    custodians: _containers.RepeatedCompositeFieldContainer[Custodian]
    def __init__(self, custodians: _Optional[_Iterable[_Union[Custodian, _Mapping]]] = ...) -> None: ...

class ScheduleEntry(_message.Message):
    __slots__ = ["action", "due_unix_ms", "failures", "late", "name", "next_attempt_unix_ms", "type", "version", "waits_for"]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    DUE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WAITS_FOR_FIELD_NUMBER: _ClassVar[int]
    action: ScheduledAction
    due_unix_ms: int
    failures: int
    late: bool
    name: str
    next_attempt_unix_ms: int
    type: _common_pb2.KeyType
    version: int
    waits_for: str
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[_common_pb2.KeyType, str]] = ..., version: _Optional[int] = ..., action: _Optional[_Union[ScheduledAction, str]] = ..., due_unix_ms: _Optional[int] = ..., late: bool = ..., waits_for: _Optional[str] = ..., failures: _Optional[int] = ..., next_attempt_unix_ms: _Optional[int] = ...) -> None: ...

class SealedIndexKey(_message.Message):
    __slots__ = ["name", "sealed_key"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    sealed_key: bytes
    def __init__(self, name: _Optional[str] = ..., sealed_key: _Optional[bytes] = ...) -> None: ...

class SealedPartner(_message.Message):
    __slots__ = ["sealed_key", "version"]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    sealed_key: bytes
    version: int
    def __init__(self, version: _Optional[int] = ..., sealed_key: _Optional[bytes] = ...) -> None: ...

class ShowCensusRequest(_message.Message):
    __slots__ = ["field"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    field: str
    def __init__(self, field: _Optional[str] = ...) -> None: ...

class ShowCensusResponse(_message.Message):
    __slots__ = ["censuses"]
    CENSUSES_FIELD_NUMBER: _ClassVar[int]
    censuses: _containers.RepeatedCompositeFieldContainer[Census]
    def __init__(self, censuses: _Optional[_Iterable[_Union[Census, _Mapping]]] = ...) -> None: ...

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

class ShowMasterRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ShowMasterResponse(_message.Message):
    __slots__ = ["custodians", "key"]
    CUSTODIANS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    custodians: _containers.RepeatedCompositeFieldContainer[Custodian]
    key: KeyInfo
    def __init__(self, key: _Optional[_Union[KeyInfo, _Mapping]] = ..., custodians: _Optional[_Iterable[_Union[Custodian, _Mapping]]] = ...) -> None: ...

class ShowPropagationRequest(_message.Message):
    __slots__ = ["revision", "wait_ms"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    wait_ms: int
    def __init__(self, revision: _Optional[int] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class ShowPropagationResponse(_message.Message):
    __slots__ = ["revision", "watchers"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WATCHERS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    watchers: _containers.RepeatedCompositeFieldContainer[Watcher]
    def __init__(self, revision: _Optional[int] = ..., watchers: _Optional[_Iterable[_Union[Watcher, _Mapping]]] = ...) -> None: ...

class ShowScheduleRequest(_message.Message):
    __slots__ = ["late_only", "name"]
    LATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    late_only: bool
    name: str
    def __init__(self, name: _Optional[str] = ..., late_only: bool = ...) -> None: ...

class ShowScheduleResponse(_message.Message):
    __slots__ = ["entries", "now_unix_ms", "reencryptions", "scheduler"]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NOW_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    REENCRYPTIONS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULER_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[ScheduleEntry]
    now_unix_ms: int
    reencryptions: _containers.RepeatedCompositeFieldContainer[Reencryption]
    scheduler: str
    def __init__(self, entries: _Optional[_Iterable[_Union[ScheduleEntry, _Mapping]]] = ..., scheduler: _Optional[str] = ..., now_unix_ms: _Optional[int] = ..., reencryptions: _Optional[_Iterable[_Union[Reencryption, _Mapping]]] = ...) -> None: ...

class ShowUnsealRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SubjectKeyGrant(_message.Message):
    __slots__ = ["sealed_key", "sealed_successor_key", "subject_key_id", "successor_key_id", "ttl_seconds"]
    SEALED_KEY_FIELD_NUMBER: _ClassVar[int]
    SEALED_SUCCESSOR_KEY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    TTL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    sealed_key: bytes
    sealed_successor_key: bytes
    subject_key_id: bytes
    successor_key_id: bytes
    ttl_seconds: int
    def __init__(self, subject_key_id: _Optional[bytes] = ..., sealed_key: _Optional[bytes] = ..., ttl_seconds: _Optional[int] = ..., successor_key_id: _Optional[bytes] = ..., sealed_successor_key: _Optional[bytes] = ...) -> None: ...

class SubjectKeyResult(_message.Message):
    __slots__ = ["error", "grant"]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    error: _common_pb2.ItemError
    grant: SubjectKeyGrant
    def __init__(self, grant: _Optional[_Union[SubjectKeyGrant, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.ItemError, _Mapping]] = ...) -> None: ...

class SubjectSelector(_message.Message):
    __slots__ = ["field", "for_rewrap", "subject_id", "subject_key_id"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FOR_REWRAP_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    field: str
    for_rewrap: bool
    subject_id: bytes
    subject_key_id: bytes
    def __init__(self, field: _Optional[str] = ..., subject_id: _Optional[bytes] = ..., subject_key_id: _Optional[bytes] = ..., for_rewrap: bool = ...) -> None: ...

class UnsealRequest(_message.Message):
    __slots__ = ["sealed_share"]
    SEALED_SHARE_FIELD_NUMBER: _ClassVar[int]
    sealed_share: bytes
    def __init__(self, sealed_share: _Optional[bytes] = ...) -> None: ...

class UnsealResponse(_message.Message):
    __slots__ = ["given", "recipient", "sealed", "set_id", "threshold"]
    GIVEN_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    SET_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    given: int
    recipient: bytes
    sealed: bool
    set_id: bytes
    threshold: int
    def __init__(self, sealed: bool = ..., recipient: _Optional[bytes] = ..., set_id: _Optional[bytes] = ..., threshold: _Optional[int] = ..., given: _Optional[int] = ...) -> None: ...

class WatchKeysRequest(_message.Message):
    __slots__ = ["position", "replica"]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    position: int
    replica: bytes
    def __init__(self, position: _Optional[int] = ..., replica: _Optional[bytes] = ...) -> None: ...

class Watcher(_message.Message):
    __slots__ = ["acknowledged", "identity", "lapses_unix_ms", "position", "replica", "seen_unix_ms"]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    LAPSES_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    SEEN_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    acknowledged: bool
    identity: str
    lapses_unix_ms: int
    position: int
    replica: bytes
    seen_unix_ms: int
    def __init__(self, identity: _Optional[str] = ..., replica: _Optional[bytes] = ..., position: _Optional[int] = ..., seen_unix_ms: _Optional[int] = ..., acknowledged: bool = ..., lapses_unix_ms: _Optional[int] = ...) -> None: ...

class ScheduledAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class KeyChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DestructionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
