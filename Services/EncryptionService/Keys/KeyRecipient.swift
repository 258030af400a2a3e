import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory

/// Opens the keys that key management seals to this process: its key pair is made at start and never leaves locked
/// memory.
final class KeyRecipient: Sendable {
    private let pair: KeyAgreementKeyPair
    private let identity: String

    /// - Parameter identity: the SPIFFE URI of this process's certificate.
    init(identity: String) throws(CryptoError) {
        pair = try KeyAgreementKeyPair()
        self.identity = identity
    }

    /// 32 bytes.
    var publicKey: [UInt8] { pair.publicKey }

    /// - Throws: `unexpected` where the grant is not for what was asked or breaks the protocol; `keyDamaged` where a
    ///   key does not open.
    func open(_ grant: Proto.FieldKeyGrant, answering request: FieldKeyRequest) throws(ItemFailure) -> FieldKeyMaterial
    {
        let selector = request.selector
        guard let description = grant.description, let reference = grant.key, description.field == selector.field,
            let version = KeyVersion(rawValue: reference.version),
            selector.isActive || selector.version == reference.version,
            let suite = UInt8(exactly: reference.suite.rawValue).flatMap({ CipherSuite(rawValue: $0) }),
            let profile = FieldProfile(description)
        else { throw .unexpected }
        if selector.isActive, reference.state != .active { throw .versionInactive }
        let isCompromised = selector.forRewrap && reference.state == .compromised
        if !isCompromised, let failure = ItemFailure(openingIn: reference.state) { throw failure }
        let key = try open(
            grant.sealedKey, KeyAgreement.context(.fek, object: profile.fieldID, version: version))
        var indexKeys: [FieldKeyMaterial.IndexKey] = []
        for index in profile.indexes {
            guard let sealed = grant.indexKeys.first(where: { $0.name == index.name }) else { throw .unexpected }
            let key = try open(sealed.sealedKey, KeyAgreement.context(.index, object: index.id, version: nil))
            indexKeys.append(FieldKeyMaterial.IndexKey(index: index, key: key))
        }
        var partner: FieldKeyMaterial.Partner?
        if let granted = grant.partner, reference.state == .active {
            guard let before = KeyVersion(rawValue: granted.version), before != version, !suite.isDeterministic else {
                throw .unexpected
            }
            let context = KeyAgreement.context(.fek, object: profile.fieldID, version: before)
            partner = FieldKeyMaterial.Partner(version: before, key: try open(granted.sealedKey, context))
        }
        return FieldKeyMaterial(
            profile: profile, version: version, suite: suite, isActive: reference.state == .active,
            isCompromised: isCompromised,
            createdUnixMilliseconds: reference.createdUnixMs, key: key, indexKeys: indexKeys, partner: partner,
            ttl: grant.ttlSeconds, leased: min(grant.leaseCount, request.seals))
    }

    /// - Throws: as for a field's key.
    func open(_ grant: Proto.SubjectKeyGrant, answering selector: KeySelector) throws(ItemFailure) -> SubjectKeyMaterial
    {
        guard let id = ObjectID(bytes: grant.subjectKeyID) else { throw .unexpected }
        if case .key(let asked) = selector.subject, asked != id { throw .unexpected }
        var successor: SubjectKey?
        if !grant.successorKeyID.isEmpty {
            guard selector.forRewrap, let next = ObjectID(bytes: grant.successorKeyID), next != id else {
                throw .unexpected
            }
            successor = try openSubjectKey(grant.sealedSuccessorKey, id: next)
        }
        return SubjectKeyMaterial(
            key: try openSubjectKey(grant.sealedKey, id: id), successor: successor, ttl: grant.ttlSeconds)
    }

    private func openSubjectKey(_ sealed: [UInt8], id: ObjectID) throws(ItemFailure) -> SubjectKey {
        let key = try open(sealed, KeyAgreement.subjectContext(id))
        do throws(CryptoError) {
            return try SubjectKey(id: id, key: key)
        } catch {
            throw .keyDamaged
        }
    }

    func open(_ answer: Proto.GetAuditHashKeyResponse) throws(ItemFailure) -> AuditHashMaterial {
        guard let version = KeyVersion(rawValue: answer.version) else { throw .unexpected }
        let key = try open(answer.sealedKey, KeyAgreement.context(.auditHash, object: .zero, version: version))
        return AuditHashMaterial(version: version.rawValue, key: key, ttl: answer.ttlSeconds)
    }

    private func open(_ sealed: [UInt8], _ context: [UInt8]) throws(ItemFailure) -> SecretBytes {
        do throws(CryptoError) {
            return try pair.open(sealed, identity: identity, context: context)
        } catch {
            throw error.code == .memory ? .loadLimit : .keyDamaged
        }
    }
}

extension ItemFailure {
    /// Why a version in this state opens nothing; nil where it does.
    init?(openingIn state: Proto.KeyState) {
        switch state {
        case .active, .transition: return nil
        case .retired: self = .versionRetired
        case .compromised: self = .versionCompromised
        case .destroyed: self = .versionDestroyed
        case .pending, .unspecified: self = .unexpected
        }
    }
}

extension FieldProfile {
    /// nil where ids, bits or names break the protocol.
    init?(_ description: Proto.FieldDescription) {
        guard let tableID = ObjectID(bytes: description.tableID), let fieldID = ObjectID(bytes: description.fieldID)
        else {
            return nil
        }
        var indexes: [Index] = []
        for index in description.indexes {
            guard let id = ObjectID(bytes: index.id), let kind = IndexKind(index),
                kind.allows(bits: Int(index.bits)),
                let normaliser = UInt8(exactly: index.normaliser.rawValue).flatMap({ IndexNormaliser(rawValue: $0) }),
                kind.allows(normaliser)
            else { return nil }
            guard kind.isPair == !index.beside.isEmpty else { return nil }
            indexes.append(
                Index(
                    name: index.name, id: id, bits: Int(index.bits), normaliser: normaliser, kind: kind,
                    beside: index.beside))
        }
        self.init(
            name: description.field, tableID: tableID, fieldID: fieldID, sensitivity: description.sensitivity.rawValue,
            rowBound: description.rowBound, recordKeys: description.recordKeys, subjectKeys: description.subjectKeys,
            isDual: description.dual,
            activeVersion: description.activeVersion, indexes: indexes, keyColumns: description.keyColumns)
    }
}

extension IndexKind {
    init?(_ index: Proto.IndexDescription) {
        self.init(
            Numbers(
                kind: Int(index.kind.rawValue), hashes: Int(index.hashes), shortest: Int(index.shortest),
                longest: Int(index.longest), beside: Int(index.besideNormaliser.rawValue)))
    }
}
