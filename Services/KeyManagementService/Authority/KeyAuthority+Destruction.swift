import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto

/// What became of a wish to destroy a version.
struct Destruction: Sendable {
    enum State: Sendable { case scheduled, cancelled, proposed, done }

    var key: NamedKey
    var state: State
    /// The earliest time; nil: none is known.
    var dueUnixUs: Int64?
    var wait: Schedule.Wait?
    var proposedBy = ""

    /// When the last backup of the key store that holds the key has expired, at the earliest; 0 where that is not known.
    func completeUnixUs(_ retention: BackupRetention, nowUnixUs now: Int64) -> Int64 {
        let record = key.record
        switch state {
        case .done: return retention.lastBackupExpiry(ofUnixUs: record.state == .destroyed ? record.stateUnixUs : now)
        case .scheduled: return dueUnixUs.map(retention.lastBackupExpiry(ofUnixUs:)) ?? 0
        case .cancelled, .proposed: return 0
        }
    }
}

extension KeyAuthority {
    /// Has it stand in the audit service, before anything irreversible is done, that it will be.
    typealias Announcement = @Sendable (AuditEvent) async throws -> Void

    /// Orders a version to be destroyed once all conditions hold (see `Schedule`). Can be cancelled until then.
    ///
    /// - Throws: `KeyServiceError.wrongState` for a version that still opens values: retire it first.
    func scheduleDestruction(
        of version: KeyVersion, of name: String, dryRun: Bool, context: CallContext
    ) async throws -> Destruction {
        try await order(isWanted: true, version, of: name, dryRun: dryRun, context)
    }

    /// The version is not to be destroyed by schedule, until that is ordered again.
    func cancelDestruction(
        of version: KeyVersion, of name: String, dryRun: Bool, context: CallContext
    ) async throws -> Destruction {
        try await order(isWanted: false, version, of: name, dryRun: dryRun, context)
    }

    private func order(
        isWanted: Bool, _ version: KeyVersion, of name: String, dryRun: Bool, _ context: CallContext
    ) async throws -> Destruction {
        let keyring = try unsealed()
        func decide(_ reader: StoreReader, now: Int64) async throws -> (ScheduleNote, Destruction) {
            let record = try await reader.key(named: name, version: version, store: keyring.storeID)
            guard record.state.after(.destroyed) != nil else { throw KeyServiceError.wrongState(record.state) }
            var facts = try await reader.facts(of: record)
            var note = facts.note ?? ScheduleNote(id: record.identity.row)
            note.order = .init(isWanted: isWanted, identity: context.actor.identity, unixUs: now)
            if !isWanted { note.proposal = nil }
            facts.note = note
            let entry = Schedule.entry(record, facts, self.rotation, atUnixUs: now)
            return (
                note,
                Destruction(
                    key: NamedKey(name: name, record: record), state: isWanted ? .scheduled : .cancelled,
                    dueUnixUs: entry?.dueUnixUs, wait: entry?.wait)
            )
        }
        if dryRun { return try await read { try await decide($0, now: clock()) }.1 }
        return try await change { writer in
            let (note, destruction) = try await decide(writer.reader, now: writer.nowUnixUs)
            try await writer.write(note)
            writer.tell(
                isWanted ? .scheduleDestruction : .cancelDestruction, of: destruction.key.record, called: name, context)
            if isWanted {
                writer.alerts.append(
                    Alert(
                        .destructionScheduled, .warning, object: name,
                        text: "version \(version) is to be destroyed; it can be cancelled until then"))
            }
            return destruction
        }.value
    }

    /// Destroys a version before its time, whatever its census says. Takes two administrators who ask for the same version
    /// within a day: the first one's wish is kept, the second one's carries it out.
    func forceDestruction(
        of version: KeyVersion, of name: String, dryRun: Bool, context: CallContext, announce: Announcement
    ) async throws -> Destruction {
        let keyring = try unsealed()
        let identity = context.actor.identity
        func look(_ reader: StoreReader) async throws -> (KeyRecord, ScheduleNote) {
            let record = try await reader.key(named: name, version: version, store: keyring.storeID)
            guard record.state.after(.destroyed) != nil else { throw KeyServiceError.wrongState(record.state) }
            guard try await !reader.hasChildren(record) else { throw KeyServiceError.hasChildren }
            return (record, try await reader.note(of: record) ?? ScheduleNote(id: record.identity.row))
        }
        let (record, note) = try await read { try await look($0) }
        let isSeconded = note.proposal?.isSeconded(by: identity, atUnixUs: clock()) ?? false
        let key = NamedKey(name: name, record: record)
        if dryRun {
            return Destruction(
                key: key, state: isSeconded ? .done : .proposed, proposedBy: note.proposal?.identity ?? identity)
        }
        guard isSeconded else {
            let proposal = try await change { writer in
                var (record, note) = try await look(writer.reader)
                // Who asks again does not prolong it; who is second carries it out with another call.
                if note.proposal?.isCurrent(atUnixUs: writer.nowUnixUs) != true {
                    note.proposal = .init(identity: identity, unixUs: writer.nowUnixUs)
                }
                try await writer.write(note)
                writer.tell(.forceDestruction, of: record, called: name, context, cause: "proposed")
                writer.alerts.append(
                    Alert(
                        .destructionScheduled, .critical, object: name,
                        text: "an administrator wants version \(version) destroyed at once; a second one must agree"))
                return note.proposal?.identity ?? identity
            }.value
            return Destruction(key: key, state: .proposed, proposedBy: proposal)
        }
        try await announce(intent(.forceDestruction, key, context))
        let (destroyed, proposer) = try await change { writer in
            let (record, note) = try await look(writer.reader)
            guard let proposal = note.proposal, proposal.isSeconded(by: identity, atUnixUs: writer.nowUnixUs) else {
                throw KeyServiceError.conflict
            }
            let destroyed = try await writer.destroy(record, called: name, context, as: .forceDestruction)
            return (destroyed, proposal.identity)
        }.value
        return Destruction(key: NamedKey(name: name, record: destroyed), state: .done, proposedBy: proposer)
    }

    func intent(_ operation: AuditOperation, _ key: NamedKey, _ context: CallContext) -> AuditEvent {
        var event = context.event(operation, of: key.name, version: key.record.version)
        event.cause = "intent"
        return event
    }
}

extension StoreWriter {
    /// Takes the wrapped key out of the row, which stays as a tombstone. Its bytes are gone from the table with this
    /// transaction, and from the pages with PostgreSQL's next VACUUM.
    func destroy(
        _ record: KeyRecord, called name: String, _ context: CallContext, as operation: AuditOperation
    ) async throws -> KeyRecord {
        let destroyed = try await update(record, after: .destroyed)
        tell(operation, of: destroyed, called: name, context)
        if record.object.kind == .fek { try await closeReencryption(of: record.object.id) }
        alerts.append(Alert(.keyDestroyed, .info, object: name, text: "version \(record.version) was destroyed"))
        return destroyed
    }
}
