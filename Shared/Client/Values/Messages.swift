public import FieldsealMessages

// The messages of the control plane are values that need no other form.

public typealias FieldDescription = Proto.FieldDescription
public typealias FieldKeyReference = Proto.FieldKeyReference
public typealias Sensitivity = Proto.Sensitivity
public typealias Suite = Proto.Suite
public typealias Normaliser = Proto.Normaliser
public typealias IndexDescription = Proto.IndexDescription
public typealias IndexKind = Proto.IndexKind
public typealias KeyType = Proto.KeyType
public typealias KeyState = Proto.KeyState
public typealias KeyInfo = Proto.KeyInfo
public typealias CatalogTable = Proto.CatalogTable
public typealias CatalogField = Proto.CatalogField
public typealias CatalogChange = Proto.CatalogChange
public typealias KeysStatus = Proto.KeysStatusResponse
public typealias AuditOperation = Proto.Operation
public typealias AuditEvent = Proto.Event
public typealias EpochStatement = Proto.EpochStatement
public typealias StoredAuditEvent = Proto.StoredEvent
public typealias AuditUseSummary = Proto.SummarizeUseResponse
public typealias AuditUse = Proto.UseSummary
public typealias AuditQuery = Proto.QueryRequest
public typealias RecordHash = Proto.HashRecordResponse
public typealias AuditPage = Proto.QueryResponse
public typealias AuditEpochs = Proto.ListEpochsResponse
public typealias AuditEpoch = Proto.EpochSummary
public typealias AuditStatus = Proto.AuditStatusResponse
public typealias AuditLeaf = Proto.LogLeaf
public typealias AuditEventProof = Proto.ProveEventResponse
public typealias AuditFinding = Proto.AuditFinding
public typealias AuditCheckpoint = Proto.CheckpointResponse
public typealias LogArchive = Proto.LogArchive
public typealias LegalHold = Proto.LegalHold
public typealias KeySchedule = Proto.ShowScheduleResponse
public typealias ScheduleEntry = Proto.ScheduleEntry
public typealias Reencryption = Proto.Reencryption
public typealias ScheduledAction = Proto.ScheduledAction
public typealias PausedRotation = Proto.PausedRotation
public typealias FieldCensus = Proto.Census
public typealias CensusCount = Proto.CensusCount
public typealias CompromiseReport = Proto.CompromiseKeyResponse
public typealias AffectedField = Proto.AffectedField
public typealias Propagation = Proto.ShowPropagationResponse
/// One process of an encryption service that follows the store's changes.
public typealias KeyWatcher = Proto.Watcher
public typealias DestructionReport = Proto.DestructionResponse
public typealias DestructionState = Proto.DestructionState
public typealias SubjectErasure = Proto.EraseSubjectResponse
public typealias MasterKeyReport = Proto.ShowMasterResponse
public typealias Custodian = Proto.Custodian
public typealias UnsealProgress = Proto.UnsealResponse
public typealias BackupChunk = Proto.BackupChunk
public typealias RestoreReport = Proto.AcceptRestoreResponse
public typealias ReplayedEvent = Proto.ReplayedEvent
public typealias RaisedAlert = Proto.RaisedAlert
