import FieldsealCrypto

/// One version of a key: a row of `encryption_keys`.
struct KeyRecord: Sendable, Equatable {
    var identity: KeyIdentity
    /// The key wrapped under its parent, or for a master key under its provider; empty once destroyed.
    var encryptedKey: [UInt8]
    /// 32 bytes: HKDF-SHA256 of the key with the row's identity, checked after each unwrap.
    var keyHash: [UInt8]
    /// How `encryptedKey` was made.
    var algorithm: String
    var createdUnixUs: Int64
    /// When the version is due for rotation; nil: never by schedule.
    var expiresUnixUs: Int64?
    var state: KeyState
    /// When the version entered its state.
    var stateUnixUs: Int64
    /// The permanent mark, which outlives the state `compromised`.
    var compromisedUnixUs: Int64?
    /// When it last left `active`; nil: it never did.
    var deactivatedUnixUs: Int64?
    /// When a value under it was last asked for although it is retired.
    var refusedUnixUs: Int64?
    /// How many versions of this key came before.
    var rotationCount: Int32
    /// JSON, as written.
    var metadata: String
    /// Of a field's key.
    var protection: FieldProtection?
    /// Of a dual field's key: the version that it superseded, under which values are sealed too until its window closes.
    var partner: KeyVersion?
    /// Seals given out, where the suite limits them; never less than the values that were sealed.
    var leased: Int64 = 0
    /// The store revision that wrote the row.
    var revision: UInt64

    var version: KeyVersion { identity.version }
    var object: KeyObject { KeyObject(kind: identity.kind, id: identity.object) }
    var isActive: Bool { state == .active }
    /// From when on nothing new may be sealed or wrapped under it, but by leases that were out.
    var leftActiveUnixUs: Int64 { deactivatedUnixUs ?? stateUnixUs }
}

extension KeyRecord {
    /// Whether values may go on being sealed under this version beside a newer one: as strong as the weaker of both.
    func mayBePartner(_ limits: SealLimits) -> Bool {
        compromisedUnixUs == nil && protection?.suite.isDeterministic == false && !limits.isSpent(self)
    }

    /// Whether values are sealed under this active version and `partner` at once: while the window of the rotation that
    /// put one in the other's place is open, where both bind values to the same things. Never after a compromise, or where
    /// the older one is spent.
    ///
    /// - Parameter windowDays: days for which a superseded version still opens values.
    func isSealed(
        beside partner: KeyRecord, windowDays: Int32, _ limits: SealLimits, atUnixUs now: Int64
    ) -> Bool {
        guard isActive, partner.state == .transition, self.partner == partner.version, partner.object == object,
            mayBePartner(limits), partner.mayBePartner(limits), let protection, let other = partner.protection,
            protection.rowBound == other.rowBound, protection.recordKeys == other.recordKeys,
            protection.subjectKeys == other.subjectKeys
        else { return false }
        let (closes, overflow) = partner.stateUnixUs.addingReportingOverflow(Int64(windowDays) * 86_400_000_000)
        return overflow || now < closes
    }

    /// The record after `event`, or nil where its state has no such edge.
    func after(_ event: KeyState.Event, atUnixUs now: Int64) -> KeyRecord? {
        guard let next = state.after(event) else { return nil }
        var record = self
        record.state = next
        if state == .active { record.deactivatedUnixUs = now }
        record.stateUnixUs = now
        if next == .compromised { record.compromisedUnixUs = now }
        if next == .destroyed { record.encryptedKey = [] }
        return record
    }

    /// The key's identity under another version of its parent.
    func identity(under parent: KeyIdentity) -> KeyIdentity {
        KeyIdentity(
            kind: identity.kind, row: identity.row, object: identity.object, version: identity.version,
            parent: .init(object: parent.object, version: parent.version))
    }

    /// Every column, for the row's MAC.
    var canonical: CanonicalRow {
        var row = CanonicalRow(table: "encryption_keys", revision: revision)
        row.append("id", identity.row)
        row.append("key_type", identity.kind.name)
        row.append("key_id", identity.object)
        row.append("version", Int64(bitPattern: identity.version.rawValue))
        row.append("parent_key_id", identity.parent?.object)
        row.append("parent_version", identity.parent.map { Int64(bitPattern: $0.version.rawValue) })
        row.append("encrypted_key", encryptedKey)
        row.append("key_hash", keyHash)
        row.append("algorithm", algorithm)
        row.append("created_at", createdUnixUs)
        row.append("expires_at", expiresUnixUs)
        row.append("state", state.rawValue)
        row.append("state_at", stateUnixUs)
        row.append("compromised_at", compromisedUnixUs)
        row.append("is_active", isActive)
        row.append("rotation_count", Int64(rotationCount))
        row.append("suite", protection.map { Int64($0.suite.rawValue) })
        row.append("row_bound", protection?.rowBound)
        row.append("record_keys", protection?.recordKeys)
        row.append("metadata", metadata)
        // Columns of later migrations enter where they say something (see `KeyStoreSchema.fieldLifecycle`).
        if protection?.subjectKeys == true { row.append("subject_keys", true) }
        if let deactivatedUnixUs { row.append("deactivated_at", deactivatedUnixUs) }
        if let refusedUnixUs { row.append("refused_at", refusedUnixUs) }
        if let partner { row.append("partner_version", Int64(bitPattern: partner.rawValue)) }
        if leased > 0 { row.append("leased", leased) }
        return row
    }
}
