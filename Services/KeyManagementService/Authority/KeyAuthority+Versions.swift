import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// Versions that an operation changed, and the store's revision after it. Of a dry run, as they would be.
struct ChangedVersions: Sendable {
    var keys: [NamedKey]
    var revision: UInt64
}

extension KeyAuthority {
    /// Undoes the last rotation of a key: its newest version in transition is active again, and the active one goes to
    /// transition. Children of a table's key are wrapped anew. No data is touched.
    ///
    /// - Throws: `KeyServiceError.notRotatable` for other keys, also for the master key, whose former version not every
    ///   custodian need hold; `nothingToRollBack`; `protectionChanged` where the former version is sealed by
    ///   other rules than the catalog's; `exhausted` where it has come to the limit of its nonces.
    func rollBackRotation(of name: String, dryRun: Bool, context: CallContext) async throws -> ChangedVersions {
        let keyring = try unsealed()
        return try await changing(dryRun: dryRun) { writer in
            guard let object = try await writer.reader.keyObject(named: name, store: keyring.storeID) else {
                throw KeyServiceError.unknownKey
            }
            guard object.kind == .fek || object.kind == .dek else { throw KeyServiceError.notRotatable }
            let active = try await writer.reader.activeKey(object, expecting: nil)
            guard let former = try await writer.reader.newestInTransition(of: object) else {
                throw KeyServiceError.nothingToRollBack
            }
            let lifecycle = try await writer.reader.fields(where: "id = \(object.id.uuid)").first
            if let field = lifecycle, former.protection != field.protection { throw KeyServiceError.protectionChanged }
            let isSpent = self.rotation.seals.isSpent(former)
            guard var restored = former.after(.rolledBack(exhausted: isSpent), atUnixUs: writer.nowUnixUs) else {
                throw isSpent ? KeyServiceError.exhausted : KeyServiceError.conflict
            }
            let superseded = try await writer.update(active, after: .superseded)
            restored = self.rotation.dated(restored, lifecycle: lifecycle?.lifecycle, from: writer.nowUnixUs)
            restored.partner = nil
            let written = try await writer.update(restored)
            if object.kind == .dek {
                let key = try await self.open(written, reader: writer.reader)
                try await self.rewrapChildren(of: object, to: written.identity, key: key.bytes, writer: writer)
            }
            writer.tell(.rollbackRotation, of: written, called: name, context)
            return [NamedKey(name: name, record: written), NamedKey(name: name, record: superseded)]
        }
    }

    /// Ends a version's transition by hand: it opens nothing any more, until it is restored.
    ///
    /// - Throws: `KeyServiceError.wrongState`; `hasChildren` where keys are wrapped under it.
    func retire(
        _ version: KeyVersion, of name: String, dryRun: Bool, context: CallContext
    ) async throws -> ChangedVersions {
        try await changeVersion(version, of: name, dryRun: dryRun) { record, writer in
            guard try await !writer.reader.hasChildren(record) else { throw KeyServiceError.hasChildren }
            let retired = try await writer.update(record, after: .windowClosed)
            writer.tell(.retireKey, of: retired, called: name, context)
            return retired
        }
    }

    /// Brings a retired version back into transition, for another window.
    ///
    /// - Throws: `KeyServiceError.wrongState`.
    func restore(
        _ version: KeyVersion, of name: String, dryRun: Bool, context: CallContext
    ) async throws -> ChangedVersions {
        try await changeVersion(version, of: name, dryRun: dryRun) { record, writer in
            let restored = try await writer.update(record, after: .restored)
            writer.tell(.restoreKey, of: restored, called: name, context)
            return restored
        }
    }

    /// One version, read and changed in one transaction.
    func changeVersion(
        _ version: KeyVersion, of name: String, dryRun: Bool,
        _ body: (KeyRecord, StoreWriter) async throws -> KeyRecord
    ) async throws -> ChangedVersions {
        let keyring = try unsealed()
        return try await changing(dryRun: dryRun) { writer in
            let record = try await writer.reader.key(named: name, version: version, store: keyring.storeID)
            return [NamedKey(name: name, record: try await body(record, writer))]
        }
    }

    /// A dry run does everything and takes it back.
    private func changing(
        dryRun: Bool, _ body: (StoreWriter) async throws -> [NamedKey]
    ) async throws -> ChangedVersions {
        do {
            let (keys, revision) = try await change { writer in
                let keys = try await body(writer)
                guard !dryRun else { throw DryRun(result: .init(keys: keys, revision: writer.revision - 1)) }
                return keys
            }
            return ChangedVersions(keys: keys, revision: revision)
        } catch let dryRun as DryRun {
            return dryRun.result
        }
    }

    /// A retired version was asked for: somebody still has a value under it, and its destruction waits anew.
    func noteRefusal(of record: KeyRecord, called name: String, context: CallContext) async throws {
        guard record.state == .retired, clock() - (record.refusedUnixUs ?? 0) >= Self.refusalInterval else { return }
        _ = try await change { writer in
            guard var present = try await writer.reader.key(record.object, version: record.version),
                present.state == .retired,
                writer.nowUnixUs - (present.refusedUnixUs ?? 0) >= Self.refusalInterval
            else { return }
            present.refusedUnixUs = writer.nowUnixUs
            _ = try await writer.update(present)
            writer.alerts.append(
                .init(
                    .retiredKeyUsed, .warning, object: name,
                    text: "a value under retired version \(record.version) was asked for; its destruction waits anew"))
        }
    }

    /// A version's refusals are noted once in this time, so that asking fills nothing.
    private static let refusalInterval = RotationPolicy.hour
}

private struct DryRun: Error {
    let result: ChangedVersions
}

extension StoreReader {
    /// - Throws: `KeyServiceError.unknownKey`, `unknownVersion`.
    func key(named name: String, version: KeyVersion, store: ObjectID) async throws -> KeyRecord {
        guard let object = try await keyObject(named: name, store: store) else { throw KeyServiceError.unknownKey }
        guard let record = try await key(object, version: version) else { throw KeyServiceError.unknownVersion }
        return record
    }

    /// The version that the active one superseded, if it is still in transition.
    func newestInTransition(of object: KeyObject) async throws -> KeyRecord? {
        try await keys(
            """
            key_type = \(object.kind.name) AND key_id = \(object.id.uuid) AND state = 'transition'
            ORDER BY deactivated_at DESC NULLS LAST, rotation_count DESC
            """, limit: 1
        ).first
    }

    /// Whether a key is wrapped under the version.
    func hasChildren(_ record: KeyRecord) async throws -> Bool {
        guard KeyKind.allCases.contains(where: { $0.parent == record.object.kind }) else { return false }
        return try await children(of: record.object).contains { $0.identity.parent?.version == record.version }
    }

    /// What the schedule must know of a version.
    func facts(of record: KeyRecord) async throws -> Schedule.Facts {
        var facts = Schedule.Facts(isLive: true)
        switch record.object.kind {
        case .fek:
            facts.field = try await fields(where: "id = \(record.object.id.uuid)").first
            facts.isLive = try await field(id: record.object.id) != nil
            facts.censuses = try await censuses(of: record.object.id)
        case .dek:
            facts.isLive = try await tables(where: "id = \(record.object.id.uuid)").first?.isRemoved == false
        case .master, .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: break
        }
        facts.hasChildren = try await hasChildren(record)
        facts.pauses = try await pauses()
        facts.note = try await note(of: record)
        return facts
    }
}

extension StoreWriter {
    /// Notes what was done to a version, for the audit trail.
    func tell(
        _ operation: AuditOperation, of record: KeyRecord, called name: String, _ context: CallContext,
        cause: AuditCause = .none, count: UInt64 = 1
    ) {
        var event = context.event(operation, of: name, version: record.version)
        if record.object.kind == .fek, let field = FieldName(name) {
            event.table = field.table
            event.field = field.field
        } else if record.object.kind == .dek {
            event.table = name
        }
        event.cause = cause
        event.count = count
        event.storeRevision = revision
        events.append(event)
    }
}
