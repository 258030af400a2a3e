import FieldsealCrypto
import FieldsealSecureMemory

/// A field's key for one process, sealed to it.
struct FieldGrant: Sendable {
    var entry: CatalogEntry
    var record: KeyRecord
    /// Nil where the field has no active version.
    var activeVersion: KeyVersion?
    var sealedKey: [UInt8]
    var indexKeys: [(index: CatalogIndex, sealedKey: [UInt8])]
    /// The version before, under which values are sealed too.
    var partner: (version: KeyVersion, sealedKey: [UInt8])?
    /// Seals that are allowed under it.
    var leased: UInt32 = 0

    /// Whether values sealed under it draw on its seals: what two versions seal has keys of its own.
    var countsSeals: Bool { record.isActive && record.countsSeals && partner == nil }
}

/// To whom keys are sealed.
struct GrantRecipient: Sendable {
    /// X25519, 32 bytes.
    var publicKey: [UInt8]
    /// As the recipient's TLS certificate states it.
    var identity: String

    func seal(_ key: borrowing SecretBytes, context: [UInt8]) throws -> [UInt8] {
        do {
            return try KeyAgreement.seal(key, to: publicKey, identity: identity, context: context)
        } catch {
            guard error.code == .key else { throw error }
            throw KeyServiceError.badRecipient
        }
    }
}

extension KeyAuthority {
    /// A version of a field's key; nil asks for the active one, which is made, with the keys of the field's indexes,
    /// where there is none.
    func grant(
        _ field: FieldName, version: KeyVersion?, for purpose: GrantPurpose = .use, to recipient: GrantRecipient,
        context: CallContext
    ) async throws -> FieldGrant {
        do {
            if let grant = try await storedGrant(field, version: version, for: purpose, to: recipient) { return grant }
        } catch let refused as RefusedVersion {
            try await noteRefusal(of: refused.record, called: "\(field)", context: context)
            throw KeyServiceError.notGranted(refused.record.state)
        }
        _ = try await ensureKeys(of: field, context: context)
        guard let grant = try await storedGrant(field, version: version, for: purpose, to: recipient) else {
            throw KeyServiceError.conflict
        }
        return grant
    }

    /// Nil where the active version, or the key of an index, is still to be made.
    private func storedGrant(
        _ field: FieldName, version: KeyVersion?, for purpose: GrantPurpose, to recipient: GrantRecipient
    ) async throws -> FieldGrant? {
        try await read { reader in
            try await self.storedGrant(field, version: version, for: purpose, to: recipient, reader: reader)
        }
    }

    private func storedGrant(
        _ field: FieldName, version: KeyVersion?, for purpose: GrantPurpose, to recipient: GrantRecipient,
        reader: StoreReader
    ) async throws -> FieldGrant? {
        guard let entry = try await reader.field(field) else { throw KeyServiceError.unknownField }
        let active = try await reader.activeKey(entry.key)
        var wanted = active
        if let version {
            wanted = try await reader.key(entry.key, version: version)
            guard wanted != nil else { throw KeyServiceError.unknownVersion }
        }
        guard let record = wanted else { return nil }
        guard record.state.isGranted(for: purpose) else { throw RefusedVersion(record: record) }

        var parents = ParentKeys(authority: self, reader: reader)
        let key = try KeyMaking.open(record, under: try await parents.parent(of: record).bytes)
        let sealed = try recipient.seal(
            key, context: KeyAgreement.context(.fek, object: entry.field.id, version: record.version))
        var indexKeys: [(index: CatalogIndex, sealedKey: [UInt8])] = []
        for index in entry.indexes {
            guard let record = try await reader.activeKey(KeyObject(kind: .index, id: index.id)) else { return nil }
            let key = try KeyMaking.open(record, under: try await parents.parent(of: record).bytes)
            indexKeys.append(
                (
                    index,
                    try recipient.seal(key, context: KeyAgreement.context(.index, object: index.id, version: nil))
                ))
        }
        var grant = FieldGrant(
            entry: entry, record: record, activeVersion: active?.version, sealedKey: sealed, indexKeys: indexKeys)
        if let partner = try await self.partner(of: record, entry, reader: reader) {
            let key = try KeyMaking.open(partner, under: try await parents.parent(of: partner).bytes)
            let context = KeyAgreement.context(.fek, object: entry.field.id, version: partner.version)
            grant.partner = (partner.version, try recipient.seal(key, context: context))
        }
        return grant
    }

    /// The active version with seals, in one transaction, so that no rotation comes between them.
    ///
    /// - Parameter item: what of a grant is to be leased; nil: nothing.
    func leasedGrant(
        _ field: FieldName, to recipient: GrantRecipient, context: CallContext, _ item: (FieldGrant) -> LeaseItem?
    ) async throws -> FieldGrant {
        let (grant, leased) = try await change { writer in
            let stored = try await self.storedGrant(
                field, version: nil, for: .use, to: recipient, reader: writer.reader)
            guard var grant = stored else { throw KeyServiceError.conflict }
            guard let item = item(grant) else { return (grant, [NamedKey]()) }
            let leases = try Leases(
                self.rotation.seals, self.leasesSeen, [NamedKey(name: "\(grant.entry.name)", record: grant.record)])
            let (results, leased) = try await self.lease([item], leases, writer: writer, context: context)
            grant.leased = try results[0].get()
            return (grant, leased)
        }.value
        await followUp(leased)
        return grant
    }

    /// The version under which values are sealed beside `record`, if there is one now.
    private func partner(
        of record: KeyRecord, _ entry: CatalogEntry, reader: StoreReader
    ) async throws -> KeyRecord? {
        guard record.isActive, entry.field.lifecycle.isDual, let version = record.partner,
            let partner = try await reader.key(entry.key, version: version)
        else { return nil }
        return record.isSealed(
            beside: partner, windowDays: transitionDays(of: entry.field), rotation.seals, atUnixUs: clock()
        ) ? partner : nil
    }

    private func transitionDays(of field: CatalogField) -> Int32 {
        field.lifecycle.transitionDays ?? rotation.fek.transitionDays
    }

    /// The active audit-hash key.
    func grantAuditHashKey(to recipient: GrantRecipient) async throws -> (version: KeyVersion, sealedKey: [UInt8]) {
        let keyring = try unsealed()
        return try await read { reader in
            guard let record = try await reader.activeKey(KeyObject(kind: .auditHash, id: keyring.storeID)) else {
                throw KeyServiceError.damaged("no active audit-hash key")
            }
            let key = try await self.open(record, reader: reader)
            return (
                record.version,
                try recipient.seal(
                    key.bytes, context: KeyAgreement.context(.auditHash, object: .zero, version: record.version))
            )
        }
    }
}

/// A version that exists and is given to nobody.
private struct RefusedVersion: Error {
    let record: KeyRecord
}

/// The DEKs that one grant needs, each opened once.
private struct ParentKeys {
    let authority: KeyAuthority
    let reader: StoreReader
    private var opened: [KeyVersion: SharedSecret] = [:]

    init(authority: KeyAuthority, reader: StoreReader) {
        self.authority = authority
        self.reader = reader
    }

    mutating func parent(of record: KeyRecord) async throws -> SharedSecret {
        if let version = record.identity.parent?.version, let key = opened[version] { return key }
        let parent = try await reader.parent(of: record)
        let key = try await authority.open(parent, reader: reader)
        opened[parent.version] = key
        return key
    }
}
