import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages

/// What accepting a restore did, or would do.
struct RestoreOutcome: Sendable {
    var loggedRevision: UInt64
    var replayed: [ReplayedChange]
    /// New versions: of keys that were compromised or destroyed after the backup, and of all whose nonces are counted.
    var rotated: [NamedKey] = []
}

extension KeyAuthority {
    /// Serves a store again that came from a backup or was rolled back: versions that were compromised or destroyed after
    /// it are so again, versions made after it become tombstones, every version with counted nonces is rotated, since
    /// what was leased meanwhile is not known and counts as everything, and the revision goes on above all that is known of it. One transaction.
    ///
    /// - Parameter revision: the store's, as a check that it is the one that was looked at.
    func acceptRestore(
        revision: UInt64, dryRun: Bool, context: CallContext
    ) async throws -> (value: RestoreOutcome, revision: UInt64) {
        let (backup, begun) = try await quarantinedStore(revision)
        guard let history else { throw KeyServiceError.historyUnavailable }
        let events: [Proto.Event]
        let logged: UInt64
        do {
            logged = try await history.storeRevision()
            events = try await history.changes(above: backup, from: begun)
        } catch let error as KeyServiceError {
            throw error
        } catch {
            throw KeyServiceError.historyUnavailable.detailed("\(error)")
        }
        remember(logged)
        let replay = RestoreReplay(events)
        let outcome = RestoreOutcome(loggedRevision: logged, replayed: replay.changes)
        if dryRun { return (outcome, revision) }
        return try await renewing(.any) { writer, renewal in
            guard writer.before.revision == revision else { throw KeyServiceError.otherRevision }
            var outcome = outcome
            let names = try await self.names(writer.reader)
            let objects = try await self.replay(replay, writer: writer, names: names, context: context)
            outcome.rotated = try await renewal.renew(objects, names: names, context: context)
            try await writer.liftQuarantine()
            var event = context.event(.acceptRestore, of: "store", version: nil)
            event.count = UInt64(max(1, replay.changes.count))
            event.storeRevision = writer.revision
            writer.events.append(event)
            writer.alerts.append(
                Alert(
                    .storeRestored, .warning,
                    text: """
                        The key store of revision \(backup) was accepted in place of revision \(logged): \
                        \(replay.changes.count) changes were replayed, \(outcome.rotated.count) versions made.
                        """))
            return outcome
        }
    }

    /// The revision that the store was brought back to, and a time before all that happened after it.
    private func quarantinedStore(_ revision: UInt64) async throws -> (backup: UInt64, begunUnixUs: Int64) {
        let newest = newestKnown
        return try await read(.any) { reader in
            let standing = try await reader.standing()
            guard standing.objection(newestKnown: newest) != nil else { throw KeyServiceError.notQuarantined }
            guard standing.state.revision == revision else { throw KeyServiceError.otherRevision }
            let backup = standing.quarantine?.backupRevision ?? revision
            let row = try await reader.connection.query(
                "SELECT changed_at FROM store_revisions WHERE revision = \(Int64(clamping: backup))"
            ).first
            // Replicas' clocks differ.
            let begun = try row.map { try $0.microseconds("changed_at") - 86_400_000_000 } ?? 0
            return (backup, begun)
        }
    }

    /// Marks and removes what the log says, and takes exhausted versions out of use.
    /// - Returns: the keys that have no active version now, parents first.
    private func replay(
        _ replay: RestoreReplay, writer: StoreWriter, names: KeyNames, context: CallContext
    ) async throws -> [KeyObject] {
        let records = try await writer.reader.keys("true ORDER BY rotation_count", limit: Int(Int32.max))
        let compromise = CompromisePlan(
            of: records.filter { replay.compromised.contains($0.version) }, among: records)
        guard let note = CompromiseNote(reason: "replayed from the audit log", suspectedSinceUnixMs: nil) else {
            throw KeyServiceError.internal("note")
        }
        let marked = Set(compromise.marked.map(\.version))
        var changed: Set<KeyObject> = []
        for record in records {
            var after = record
            if replay.destroyed.contains(record.version), record.state != .destroyed {
                after = record.destroyedElsewhere(atUnixUs: writer.nowUnixUs)
            }
            if marked.contains(record.version) { after = after.markedCompromised(note, atUnixUs: writer.nowUnixUs) }
            if record.countsSeals, record.state.hasKey {
                after.leased = max(after.leased, rotation.seals.refusal)
                after = after.after(.superseded, atUnixUs: writer.nowUnixUs) ?? after
            }
            guard after != record else { continue }
            if record.isActive { changed.insert(record.object) }
            let written = try await writer.update(after)
            if after.state == .destroyed { writer.note(.destroyKey, written, names, context) }
            if marked.contains(record.version) {
                writer.note(.compromiseKey, written, names, context)
                if record.object.kind == .subjectWrapping { try await writer.markSubjects(under: record.version) }
            }
        }
        for id in replay.erased.sorted() { try await eraseAgain(id, writer: writer, context: context) }
        try await bury(
            replay.lost(known: Set(records.map(\.version))), records, replay, writer: writer, names: names)
        return changed.sorted { ($0.kind.depth, $0.id) < ($1.kind.depth, $1.id) }
    }

    /// A subject whose key was made after the backup has none to erase.
    private func eraseAgain(_ id: ObjectID, writer: StoreWriter, context: CallContext) async throws {
        guard let record = try await writer.reader.subjectKey(id), record.lookup != nil,
            let table = try await writer.reader.tables(where: "id = \(record.table.uuid)").first
        else { return }
        _ = try await erase(id, in: table, writer: writer, context: context)
    }

    /// Tombstones for versions made after the backup. Of a table or field that the catalog does not know nothing is
    /// written: its name in the answer is all that is left.
    private func bury(
        _ lost: [(version: KeyVersion, name: String)], _ records: [KeyRecord], _ replay: RestoreReplay,
        writer: StoreWriter, names: KeyNames
    ) async throws {
        let catalog = try await writer.reader.catalog()
        var newest: [KeyObject: KeyRecord] = [:]
        for record in records { newest[record.object] = record }
        let found = lost.compactMap { version, name in names.object(named: name).map { (version: version, object: $0) }
        }
        for (version, object) in found.sorted(by: { $0.object.kind.depth < $1.object.kind.depth }) {
            let parent = catalog.parent(of: object, store: writer.storeID).flatMap { newest[$0] }
            guard object.kind == .master || parent != nil else { continue }
            var tombstone = KeyRecord.tombstone(
                version, of: object, under: parent.map { .init(object: $0.object.id, version: $0.version) },
                protection: catalog.fields.first { object.kind == .fek && $0.id == object.id }?.protection,
                rotationCount: (newest[object]?.rotationCount ?? -1) + 1, atUnixUs: writer.nowUnixUs)
            if replay.compromised.contains(version) { tombstone.compromisedUnixUs = writer.nowUnixUs }
            newest[object] = try await writer.insert(tombstone)
            // Caches may hold the lost version, and would seal with it what nobody opens later.
            writer.notices.updated(tombstone, from: .active)
        }
    }
}

extension Catalog {
    /// The key that wraps `object`'s.
    fileprivate func parent(of object: KeyObject, store: ObjectID) -> KeyObject? {
        switch object.kind {
        case .master: nil
        case .dek, .auditHash, .storeIntegrity, .unseal: KeyObject(kind: .master, id: store)
        case .subjectWrapping: KeyObject(kind: .dek, id: object.id)
        case .fek: fields.first { $0.id == object.id }.map { KeyObject(kind: .dek, id: $0.tableID) }
        case .index:
            indexes.first { $0.id == object.id }.flatMap { index in fields.first { $0.id == index.fieldID } }
                .map { KeyObject(kind: .dek, id: $0.tableID) }
        }
    }
}
