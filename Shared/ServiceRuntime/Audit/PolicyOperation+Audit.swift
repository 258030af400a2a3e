public import FieldsealAuditTrail

extension PolicyOperation {
    /// How the audit log names the operation. It has one name for both rights to encrypt.
    public var auditOperation: AuditOperation {
        switch self {
        case .encrypt, .encryptDeterministic: .encrypt
        case .decrypt: .decrypt
        case .rewrap: .rewrap
        case .rebind: .rebind
        case .blindIndex: .blindIndex
        case .describeField: .describeField
        case .deriveFieldKey: .deriveFieldKey
        case .rotateKey: .rotateKey
        case .getFieldKey: .getFieldKey
        case .getAuditHashKey: .getAuditHashKey
        case .applyCatalog: .applyCatalog
        case .getCatalog: .getCatalog
        case .listKeys: .listKeys
        case .showKey: .showKey
        case .queryAudit: .queryAudit
        case .tailAudit: .tailAudit
        case .appendAudit: .appendAudit
        case .status: .status
        case .lease: .lease
        case .watchKeys: .watchKeys
        case .getSubjectKey: .getSubjectKey
        case .eraseSubject: .eraseSubject
        case .rewrapCompromised: .rewrap
        case .manageRotation: .rollbackRotation
        case .reportCensus: .reportCensus
        case .compromiseKey: .compromiseKey
        case .destroyKey: .destroyKey
        case .manageCustody: .addCustodian
        case .unseal: .unseal
        case .backupStore: .backupStore
        case .acceptRestore: .acceptRestore
        case .listAlerts: .listAlerts
        case .readCheckpoint: .readCheckpoint
        case .proveAudit: .proveAudit
        case .readLeaves: .readLeaves
        case .reviewFindings: .reviewFinding
        case .hashRecord: .hashRecord
        case .holdAudit: .placeHold
        }
    }
}
