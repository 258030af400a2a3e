import FieldsealCrypto
import FieldsealMessages

extension FieldGrant {
    func message(ttlSeconds: UInt32) -> Proto.FieldKeyGrant {
        Proto.FieldKeyGrant(
            description: entry.description(of: record, activeVersion: activeVersion),
            key: record.reference(named: "\(entry.name)"), sealedKey: sealedKey, ttlSeconds: ttlSeconds,
            indexKeys: indexKeys.map { Proto.SealedIndexKey(name: $0.index.name, sealedKey: $0.sealedKey) },
            leaseCount: leased,
            partner: partner.map { Proto.SealedPartner(version: $0.version.rawValue, sealedKey: $0.sealedKey) })
    }
}

extension CatalogEntry {
    /// The field, with suite and binding as they are fixed for this version of its key.
    func description(of record: KeyRecord, activeVersion: KeyVersion?) -> Proto.FieldDescription {
        let protection = record.protection ?? field.protection
        return Proto.FieldDescription(
            field: "\(name)", tableID: table.id.bytes, fieldID: field.id.bytes, sensitivity: field.sensitivity.message,
            suite: protection.suite.message, rowBound: protection.rowBound, recordKeys: protection.recordKeys,
            activeVersion: activeVersion?.rawValue ?? 0, indexes: indexes.map(\.message), keyColumns: table.keyColumns,
            subjectKeys: protection.subjectKeys, dual: field.lifecycle.isDual)
    }
}

extension KeyRecord {
    /// The id and suite are of a field's key only.
    func reference(named name: String) -> Proto.FieldKeyReference {
        Proto.FieldKeyReference(
            field: name, fieldID: identity.object.bytes, version: version.rawValue,
            suite: protection?.suite.message ?? .unspecified, state: state.message,
            createdUnixMs: createdUnixUs / 1_000)
    }
}

extension NamedKey {
    var message: Proto.KeyInfo {
        Proto.KeyInfo(
            type: record.object.kind.message, name: name, id: record.identity.row.bytes,
            version: record.version.rawValue, state: record.state.message, algorithm: record.algorithm,
            parentVersion: record.identity.parent?.version.rawValue ?? 0, createdUnixMs: record.createdUnixUs / 1_000,
            expiresUnixMs: (details.expiresUnixUs ?? record.expiresUnixUs ?? 0) / 1_000,
            rotationCount: UInt32(clamping: record.rotationCount), revision: record.revision,
            stateUnixMs: record.stateUnixUs / 1_000,
            transitionEndsUnixMs: (details.transitionEndsUnixUs ?? 0) / 1_000,
            compromisedUnixMs: (record.compromisedUnixUs ?? 0) / 1_000,
            destroyUnixMs: (details.destroyUnixUs ?? 0) / 1_000, leased: UInt64(clamping: record.leased),
            rows: details.rows.map { "\($0)" } ?? "")
    }
}

extension Proto.KeyReferenceResult {
    init(_ result: Result<Proto.FieldKeyReference, KeyServiceError>) {
        switch result {
        case .success(let key): self.init(outcome: .key(key))
        case .failure(let error): self.init(outcome: .error(error.item))
        }
    }
}

extension KeyKind {
    /// Nil: any kind.
    init?(_ message: Proto.KeyType) {
        switch message {
        case .unspecified: return nil
        case .master: self = .master
        case .dek: self = .dek
        case .fek: self = .fek
        case .index: self = .index
        case .auditHash: self = .auditHash
        case .subjectWrapping: self = .subjectWrapping
        }
    }

    /// The store-integrity and unseal keys are shown to nobody.
    var message: Proto.KeyType {
        switch self {
        case .master: .master
        case .dek: .dek
        case .fek: .fek
        case .index: .index
        case .auditHash: .auditHash
        case .subjectWrapping: .subjectWrapping
        case .storeIntegrity, .unseal: .unspecified
        }
    }
}

extension KeyState {
    var message: Proto.KeyState {
        switch self {
        case .pending: .pending
        case .active: .active
        case .transition: .transition
        case .retired: .retired
        case .compromised: .compromised
        case .destroyed: .destroyed
        }
    }
}
