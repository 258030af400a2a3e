from fieldseal.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

ACCEPT_RESTORE: Operation
ACKNOWLEDGE_KEYS: Operation
ADD_CUSTODIAN: Operation
APPEND_AUDIT: Operation
APPLY_CATALOG: Operation
ARCHIVE_AUDIT: Operation
BACKUP_STORE: Operation
BLIND_INDEX: Operation
CANCEL_DESTRUCTION: Operation
COMPROMISE_KEY: Operation
CONNECT: Operation
CREATE_KEY: Operation
DECRYPT: Operation
DERIVE_FIELD_KEY: Operation
DESCRIBE_FIELD: Operation
DESCRIPTOR: _descriptor.FileDescriptor
DESTROY_KEY: Operation
ENCRYPT: Operation
EPOCH_CLOSE: Operation
EPOCH_OPEN: Operation
ERASE_SUBJECT: Operation
FORCE_DESTRUCTION: Operation
GET_AUDIT_HASH_KEY: Operation
GET_CATALOG: Operation
GET_FIELD_KEY: Operation
GET_SUBJECT_KEY: Operation
HASH_RECORD: Operation
LEASE: Operation
LIST_ALERTS: Operation
LIST_EPOCHS: Operation
LIST_KEYS: Operation
MAKE_SHARES: Operation
OPERATION_UNSPECIFIED: Operation
OUTCOME_ANY: OutcomeFilter
OUTCOME_CODE: OutcomeFilter
OUTCOME_FAILURE: OutcomeFilter
OUTCOME_SUCCESS: OutcomeFilter
PAUSE_ROTATION: Operation
PLACE_HOLD: Operation
POLICY_RELOAD: Operation
PROVE_AUDIT: Operation
QUERY_AUDIT: Operation
RAISE_ALERT: Operation
READ_CHECKPOINT: Operation
READ_LEAVES: Operation
REBIND: Operation
RECOVERY_DRILL: Operation
RELEASE_HOLD: Operation
REMOVE_CUSTODIAN: Operation
REORIGIN: Operation
REPORT_CENSUS: Operation
RESTORE_KEY: Operation
RESTORE_STORE: Operation
RESUME_ROTATION: Operation
RETIRE_KEY: Operation
REVIEW_FINDING: Operation
REWRAP: Operation
ROLLBACK_ROTATION: Operation
ROTATE_KEY: Operation
SCHEDULE_DESTRUCTION: Operation
SHOW_CENSUS: Operation
SHOW_KEY: Operation
SHOW_MASTER: Operation
SHOW_PROPAGATION: Operation
SHOW_SCHEDULE: Operation
STATUS: Operation
STORE_REVISION: Operation
SUMMARIZE_USE: Operation
TAIL_AUDIT: Operation
UNKNOWN_METHOD: Operation
UNSEAL: Operation
WATCH_KEYS: Operation
WITNESS_EPOCH: Operation

class AppendRequest(_message.Message):
    __slots__ = ["blocks"]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.RepeatedCompositeFieldContainer[SignedBlock]
    def __init__(self, blocks: _Optional[_Iterable[_Union[SignedBlock, _Mapping]]] = ...) -> None: ...

class AppendResponse(_message.Message):
    __slots__ = ["epoch", "sequence"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    epoch: bytes
    sequence: int
    def __init__(self, epoch: _Optional[bytes] = ..., sequence: _Optional[int] = ...) -> None: ...

class AuditFinding(_message.Message):
    __slots__ = ["epoch", "found_unix_us", "kind", "note", "producer", "reviewed_unix_us", "reviewer", "sequence"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FOUND_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    REVIEWED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    epoch: bytes
    found_unix_us: int
    kind: str
    note: str
    producer: str
    reviewed_unix_us: int
    reviewer: str
    sequence: int
    def __init__(self, kind: _Optional[str] = ..., producer: _Optional[str] = ..., epoch: _Optional[bytes] = ..., sequence: _Optional[int] = ..., found_unix_us: _Optional[int] = ..., reviewer: _Optional[str] = ..., reviewed_unix_us: _Optional[int] = ..., note: _Optional[str] = ...) -> None: ...

class AuditStatusRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class AuditStatusResponse(_message.Message):
    __slots__ = ["archives", "blocks", "checkpoint_size", "events", "findings", "holds", "last_index", "open_findings", "producers", "published_size", "published_unix_us", "refused", "retention_months", "tree_size"]
    ARCHIVES_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SIZE_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    LAST_INDEX_FIELD_NUMBER: _ClassVar[int]
    OPEN_FINDINGS_FIELD_NUMBER: _ClassVar[int]
    PRODUCERS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_SIZE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    RETENTION_MONTHS_FIELD_NUMBER: _ClassVar[int]
    TREE_SIZE_FIELD_NUMBER: _ClassVar[int]
    archives: _containers.RepeatedCompositeFieldContainer[LogArchive]
    blocks: int
    checkpoint_size: int
    events: int
    findings: _containers.RepeatedCompositeFieldContainer[AuditFinding]
    holds: _containers.RepeatedCompositeFieldContainer[LegalHold]
    last_index: int
    open_findings: int
    producers: _containers.RepeatedCompositeFieldContainer[ProducerStatus]
    published_size: int
    published_unix_us: int
    refused: bool
    retention_months: int
    tree_size: int
    def __init__(self, blocks: _Optional[int] = ..., events: _Optional[int] = ..., last_index: _Optional[int] = ..., producers: _Optional[_Iterable[_Union[ProducerStatus, _Mapping]]] = ..., tree_size: _Optional[int] = ..., checkpoint_size: _Optional[int] = ..., published_size: _Optional[int] = ..., published_unix_us: _Optional[int] = ..., refused: bool = ..., findings: _Optional[_Iterable[_Union[AuditFinding, _Mapping]]] = ..., open_findings: _Optional[int] = ..., archives: _Optional[_Iterable[_Union[LogArchive, _Mapping]]] = ..., holds: _Optional[_Iterable[_Union[LegalHold, _Mapping]]] = ..., retention_months: _Optional[int] = ...) -> None: ...

class Block(_message.Message):
    __slots__ = ["dropped", "epoch", "events", "previous", "producer", "root", "sequence"]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    dropped: int
    epoch: bytes
    events: _containers.RepeatedScalarFieldContainer[bytes]
    previous: bytes
    producer: str
    root: bytes
    sequence: int
    def __init__(self, producer: _Optional[str] = ..., epoch: _Optional[bytes] = ..., sequence: _Optional[int] = ..., previous: _Optional[bytes] = ..., root: _Optional[bytes] = ..., events: _Optional[_Iterable[bytes]] = ..., dropped: _Optional[int] = ...) -> None: ...

class BlockRow(_message.Message):
    __slots__ = ["dropped", "epoch", "hash", "last_event", "last_unix_us", "leaf_hash", "producer", "sequence", "stored_unix_us"]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    LAST_EVENT_FIELD_NUMBER: _ClassVar[int]
    LAST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STORED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    dropped: int
    epoch: bytes
    hash: bytes
    last_event: int
    last_unix_us: int
    leaf_hash: bytes
    producer: str
    sequence: int
    stored_unix_us: int
    def __init__(self, producer: _Optional[str] = ..., epoch: _Optional[bytes] = ..., sequence: _Optional[int] = ..., hash: _Optional[bytes] = ..., dropped: _Optional[int] = ..., last_event: _Optional[int] = ..., last_unix_us: _Optional[int] = ..., stored_unix_us: _Optional[int] = ..., leaf_hash: _Optional[bytes] = ...) -> None: ...

class CheckpointRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class CheckpointResponse(_message.Message):
    __slots__ = ["archived_peaks", "archived_size", "note"]
    ARCHIVED_PEAKS_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_SIZE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    archived_peaks: _containers.RepeatedScalarFieldContainer[bytes]
    archived_size: int
    note: bytes
    def __init__(self, note: _Optional[bytes] = ..., archived_size: _Optional[int] = ..., archived_peaks: _Optional[_Iterable[bytes]] = ...) -> None: ...

class EpochStatement(_message.Message):
    __slots__ = ["epoch", "hash", "sequence", "uses"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    epoch: bytes
    hash: bytes
    sequence: int
    uses: _containers.RepeatedCompositeFieldContainer[KeyUse]
    def __init__(self, epoch: _Optional[bytes] = ..., sequence: _Optional[int] = ..., hash: _Optional[bytes] = ..., uses: _Optional[_Iterable[_Union[KeyUse, _Mapping]]] = ...) -> None: ...

class EpochSummary(_message.Message):
    __slots__ = ["blocks", "closed", "dropped", "epoch", "events", "first_sequence", "first_stored_unix_us", "last_sequence", "last_stored_unix_us", "outbox_events", "producer", "stated_events"]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FIRST_STORED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_STORED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_EVENTS_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    STATED_EVENTS_FIELD_NUMBER: _ClassVar[int]
    blocks: int
    closed: bool
    dropped: int
    epoch: bytes
    events: int
    first_sequence: int
    first_stored_unix_us: int
    last_sequence: int
    last_stored_unix_us: int
    outbox_events: int
    producer: str
    stated_events: int
    def __init__(self, producer: _Optional[str] = ..., epoch: _Optional[bytes] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., blocks: _Optional[int] = ..., stated_events: _Optional[int] = ..., events: _Optional[int] = ..., outbox_events: _Optional[int] = ..., dropped: _Optional[int] = ..., closed: bool = ..., first_stored_unix_us: _Optional[int] = ..., last_stored_unix_us: _Optional[int] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ["actor", "actor_unverified", "asserted_actor", "cause", "count", "epoch_key", "field", "first_unix_us", "hash_key_version", "key_version", "last_unix_us", "object", "operation", "outbox_id", "outcome", "peer", "record_hashes", "request_ids", "sequence", "statement", "store_revision", "table", "trace_ids", "witnessed"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ACTOR_UNVERIFIED_FIELD_NUMBER: _ClassVar[int]
    ASSERTED_ACTOR_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    EPOCH_KEY_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FIRST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    HASH_KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    LAST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    RECORD_HASHES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_IDS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    STORE_REVISION_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    TRACE_IDS_FIELD_NUMBER: _ClassVar[int]
    WITNESSED_FIELD_NUMBER: _ClassVar[int]
    actor: str
    actor_unverified: bool
    asserted_actor: str
    cause: str
    count: int
    epoch_key: bytes
    field: str
    first_unix_us: int
    hash_key_version: int
    key_version: int
    last_unix_us: int
    object: str
    operation: Operation
    outbox_id: bytes
    outcome: int
    peer: str
    record_hashes: bytes
    request_ids: bytes
    sequence: int
    statement: bytes
    store_revision: int
    table: str
    trace_ids: bytes
    witnessed: EpochStatement
    def __init__(self, sequence: _Optional[int] = ..., first_unix_us: _Optional[int] = ..., last_unix_us: _Optional[int] = ..., actor: _Optional[str] = ..., actor_unverified: bool = ..., asserted_actor: _Optional[str] = ..., operation: _Optional[_Union[Operation, str]] = ..., table: _Optional[str] = ..., field: _Optional[str] = ..., key_version: _Optional[int] = ..., outcome: _Optional[int] = ..., cause: _Optional[str] = ..., count: _Optional[int] = ..., hash_key_version: _Optional[int] = ..., record_hashes: _Optional[bytes] = ..., request_ids: _Optional[bytes] = ..., trace_ids: _Optional[bytes] = ..., outbox_id: _Optional[bytes] = ..., object: _Optional[str] = ..., peer: _Optional[str] = ..., store_revision: _Optional[int] = ..., epoch_key: _Optional[bytes] = ..., statement: _Optional[bytes] = ..., witnessed: _Optional[_Union[EpochStatement, _Mapping]] = ...) -> None: ...

class EventRow(_message.Message):
    __slots__ = ["actor", "asserted_actor", "event", "event_sequence", "field", "first_unix_us", "index", "item_count", "key_version", "last_unix_us", "operation", "outbox_id", "outcome", "store_revision", "table"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ASSERTED_ACTOR_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    EVENT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FIRST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    LAST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    OUTBOX_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STORE_REVISION_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    actor: str
    asserted_actor: str
    event: bytes
    event_sequence: int
    field: str
    first_unix_us: int
    index: int
    item_count: int
    key_version: int
    last_unix_us: int
    operation: Operation
    outbox_id: bytes
    outcome: int
    store_revision: int
    table: str
    def __init__(self, index: _Optional[int] = ..., event_sequence: _Optional[int] = ..., first_unix_us: _Optional[int] = ..., last_unix_us: _Optional[int] = ..., actor: _Optional[str] = ..., asserted_actor: _Optional[str] = ..., operation: _Optional[_Union[Operation, str]] = ..., table: _Optional[str] = ..., field: _Optional[str] = ..., key_version: _Optional[int] = ..., outcome: _Optional[int] = ..., item_count: _Optional[int] = ..., store_revision: _Optional[int] = ..., outbox_id: _Optional[bytes] = ..., event: _Optional[bytes] = ...) -> None: ...

class KeyUse(_message.Message):
    __slots__ = ["count", "operation", "version"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    count: int
    operation: Operation
    version: int
    def __init__(self, version: _Optional[int] = ..., operation: _Optional[_Union[Operation, str]] = ..., count: _Optional[int] = ...) -> None: ...

class LeafProof(_message.Message):
    __slots__ = ["index", "path"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    index: int
    path: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, index: _Optional[int] = ..., path: _Optional[_Iterable[bytes]] = ...) -> None: ...

class LegalHold(_message.Message):
    __slots__ = ["first_month", "last_month", "name", "placed_by", "placed_unix_us", "reason", "release_reason", "released_by", "released_unix_us"]
    FIRST_MONTH_FIELD_NUMBER: _ClassVar[int]
    LAST_MONTH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLACED_BY_FIELD_NUMBER: _ClassVar[int]
    PLACED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RELEASED_BY_FIELD_NUMBER: _ClassVar[int]
    RELEASED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    RELEASE_REASON_FIELD_NUMBER: _ClassVar[int]
    first_month: str
    last_month: str
    name: str
    placed_by: str
    placed_unix_us: int
    reason: str
    release_reason: str
    released_by: str
    released_unix_us: int
    def __init__(self, name: _Optional[str] = ..., first_month: _Optional[str] = ..., last_month: _Optional[str] = ..., reason: _Optional[str] = ..., placed_by: _Optional[str] = ..., placed_unix_us: _Optional[int] = ..., released_by: _Optional[str] = ..., released_unix_us: _Optional[int] = ..., release_reason: _Optional[str] = ...) -> None: ...

class ListEpochsRequest(_message.Message):
    __slots__ = ["from_unix_us", "until_unix_us"]
    FROM_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    UNTIL_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    from_unix_us: int
    until_unix_us: int
    def __init__(self, from_unix_us: _Optional[int] = ..., until_unix_us: _Optional[int] = ...) -> None: ...

class ListEpochsResponse(_message.Message):
    __slots__ = ["epochs", "truncated"]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    epochs: _containers.RepeatedCompositeFieldContainer[EpochSummary]
    truncated: bool
    def __init__(self, epochs: _Optional[_Iterable[_Union[EpochSummary, _Mapping]]] = ..., truncated: bool = ...) -> None: ...

class LogArchive(_message.Message):
    __slots__ = ["archived_unix_us", "bundle", "digest", "end", "first", "last_event", "month"]
    ARCHIVED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_EVENT_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    archived_unix_us: int
    bundle: str
    digest: bytes
    end: int
    first: int
    last_event: int
    month: str
    def __init__(self, month: _Optional[str] = ..., first: _Optional[int] = ..., end: _Optional[int] = ..., last_event: _Optional[int] = ..., bundle: _Optional[str] = ..., digest: _Optional[bytes] = ..., archived_unix_us: _Optional[int] = ...) -> None: ...

class LogLeaf(_message.Message):
    __slots__ = ["index", "leaf", "row", "rows"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    index: int
    leaf: bytes
    row: BlockRow
    rows: _containers.RepeatedCompositeFieldContainer[EventRow]
    def __init__(self, index: _Optional[int] = ..., leaf: _Optional[bytes] = ..., rows: _Optional[_Iterable[_Union[EventRow, _Mapping]]] = ..., row: _Optional[_Union[BlockRow, _Mapping]] = ...) -> None: ...

class PlaceHoldRequest(_message.Message):
    __slots__ = ["first_month", "last_month", "name", "reason"]
    FIRST_MONTH_FIELD_NUMBER: _ClassVar[int]
    LAST_MONTH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    first_month: str
    last_month: str
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., first_month: _Optional[str] = ..., last_month: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PlaceHoldResponse(_message.Message):
    __slots__ = ["archived"]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    archived: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, archived: _Optional[_Iterable[str]] = ...) -> None: ...

class ProducerStatus(_message.Message):
    __slots__ = ["epoch", "last_unix_us", "producer", "sequence"]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LAST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    epoch: bytes
    last_unix_us: int
    producer: str
    sequence: int
    def __init__(self, producer: _Optional[str] = ..., epoch: _Optional[bytes] = ..., sequence: _Optional[int] = ..., last_unix_us: _Optional[int] = ...) -> None: ...

class ProveBlocksRequest(_message.Message):
    __slots__ = ["count", "epoch", "first_sequence"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    count: int
    epoch: bytes
    first_sequence: int
    def __init__(self, epoch: _Optional[bytes] = ..., first_sequence: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class ProveBlocksResponse(_message.Message):
    __slots__ = ["note", "proofs"]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    PROOFS_FIELD_NUMBER: _ClassVar[int]
    note: bytes
    proofs: _containers.RepeatedCompositeFieldContainer[LeafProof]
    def __init__(self, note: _Optional[bytes] = ..., proofs: _Optional[_Iterable[_Union[LeafProof, _Mapping]]] = ...) -> None: ...

class ProveConsistencyRequest(_message.Message):
    __slots__ = ["from_size", "to_size"]
    FROM_SIZE_FIELD_NUMBER: _ClassVar[int]
    TO_SIZE_FIELD_NUMBER: _ClassVar[int]
    from_size: int
    to_size: int
    def __init__(self, from_size: _Optional[int] = ..., to_size: _Optional[int] = ...) -> None: ...

class ProveConsistencyResponse(_message.Message):
    __slots__ = ["path"]
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, path: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ProveEventRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: int
    def __init__(self, index: _Optional[int] = ...) -> None: ...

class ProveEventResponse(_message.Message):
    __slots__ = ["event", "leaf", "note", "proof"]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    event: int
    leaf: bytes
    note: bytes
    proof: LeafProof
    def __init__(self, note: _Optional[bytes] = ..., proof: _Optional[_Union[LeafProof, _Mapping]] = ..., leaf: _Optional[bytes] = ..., event: _Optional[int] = ...) -> None: ...

class QueryRequest(_message.Message):
    __slots__ = ["actor", "cursor", "field", "from_unix_us", "key_version", "newest_first", "operations", "outcome", "outcome_code", "page_size", "record_hash", "table", "until_unix_us"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FROM_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_CODE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    RECORD_HASH_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    actor: str
    cursor: bytes
    field: str
    from_unix_us: int
    key_version: int
    newest_first: bool
    operations: _containers.RepeatedScalarFieldContainer[Operation]
    outcome: OutcomeFilter
    outcome_code: int
    page_size: int
    record_hash: bytes
    table: str
    until_unix_us: int
    def __init__(self, from_unix_us: _Optional[int] = ..., until_unix_us: _Optional[int] = ..., actor: _Optional[str] = ..., operations: _Optional[_Iterable[_Union[Operation, str]]] = ..., table: _Optional[str] = ..., field: _Optional[str] = ..., key_version: _Optional[int] = ..., outcome: _Optional[_Union[OutcomeFilter, str]] = ..., outcome_code: _Optional[int] = ..., page_size: _Optional[int] = ..., cursor: _Optional[bytes] = ..., newest_first: bool = ..., record_hash: _Optional[bytes] = ...) -> None: ...

class QueryResponse(_message.Message):
    __slots__ = ["archived_events", "cursor", "events", "restricted_to"]
    ARCHIVED_EVENTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    RESTRICTED_TO_FIELD_NUMBER: _ClassVar[int]
    archived_events: int
    cursor: bytes
    events: _containers.RepeatedCompositeFieldContainer[StoredEvent]
    restricted_to: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, events: _Optional[_Iterable[_Union[StoredEvent, _Mapping]]] = ..., cursor: _Optional[bytes] = ..., restricted_to: _Optional[_Iterable[str]] = ..., archived_events: _Optional[int] = ...) -> None: ...

class ReadLeavesRequest(_message.Message):
    __slots__ = ["end", "first", "with_rows"]
    END_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    WITH_ROWS_FIELD_NUMBER: _ClassVar[int]
    end: int
    first: int
    with_rows: bool
    def __init__(self, first: _Optional[int] = ..., end: _Optional[int] = ..., with_rows: bool = ...) -> None: ...

class ReadLeavesResponse(_message.Message):
    __slots__ = ["leaves"]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    leaves: _containers.RepeatedCompositeFieldContainer[LogLeaf]
    def __init__(self, leaves: _Optional[_Iterable[_Union[LogLeaf, _Mapping]]] = ...) -> None: ...

class ReleaseHoldRequest(_message.Message):
    __slots__ = ["name", "reason"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ReleaseHoldResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ReviewFindingRequest(_message.Message):
    __slots__ = ["finding", "note"]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    finding: AuditFinding
    note: str
    def __init__(self, finding: _Optional[_Union[AuditFinding, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class ReviewFindingResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SignedBlock(_message.Message):
    __slots__ = ["block", "signature"]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    block: bytes
    signature: bytes
    def __init__(self, block: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class StoreRevisionRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class StoreRevisionResponse(_message.Message):
    __slots__ = ["revision"]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class StoredEvent(_message.Message):
    __slots__ = ["block_sequence", "epoch", "event", "index", "producer", "stored_unix_us"]
    BLOCK_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    STORED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    block_sequence: int
    epoch: bytes
    event: Event
    index: int
    producer: str
    stored_unix_us: int
    def __init__(self, index: _Optional[int] = ..., producer: _Optional[str] = ..., epoch: _Optional[bytes] = ..., block_sequence: _Optional[int] = ..., stored_unix_us: _Optional[int] = ..., event: _Optional[_Union[Event, _Mapping]] = ...) -> None: ...

class SummarizeUseRequest(_message.Message):
    __slots__ = ["filter", "key_versions"]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    filter: QueryRequest
    key_versions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, filter: _Optional[_Union[QueryRequest, _Mapping]] = ..., key_versions: _Optional[_Iterable[int]] = ...) -> None: ...

class SummarizeUseResponse(_message.Message):
    __slots__ = ["restricted_to", "truncated", "uses"]
    RESTRICTED_TO_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    restricted_to: _containers.RepeatedScalarFieldContainer[str]
    truncated: bool
    uses: _containers.RepeatedCompositeFieldContainer[UseSummary]
    def __init__(self, uses: _Optional[_Iterable[_Union[UseSummary, _Mapping]]] = ..., truncated: bool = ..., restricted_to: _Optional[_Iterable[str]] = ...) -> None: ...

class TailEventsRequest(_message.Message):
    __slots__ = ["after_index", "filter"]
    AFTER_INDEX_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    after_index: int
    filter: QueryRequest
    def __init__(self, filter: _Optional[_Union[QueryRequest, _Mapping]] = ..., after_index: _Optional[int] = ...) -> None: ...

class UseSummary(_message.Message):
    __slots__ = ["actor", "asserted_actor", "failed", "field", "first_unix_us", "key_version", "last_unix_us", "operation", "succeeded", "table"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ASSERTED_ACTOR_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FIRST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    KEY_VERSION_FIELD_NUMBER: _ClassVar[int]
    LAST_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    actor: str
    asserted_actor: str
    failed: int
    field: str
    first_unix_us: int
    key_version: int
    last_unix_us: int
    operation: Operation
    succeeded: int
    table: str
    def __init__(self, actor: _Optional[str] = ..., asserted_actor: _Optional[str] = ..., operation: _Optional[_Union[Operation, str]] = ..., table: _Optional[str] = ..., field: _Optional[str] = ..., key_version: _Optional[int] = ..., succeeded: _Optional[int] = ..., failed: _Optional[int] = ..., first_unix_us: _Optional[int] = ..., last_unix_us: _Optional[int] = ...) -> None: ...

class Operation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class OutcomeFilter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
