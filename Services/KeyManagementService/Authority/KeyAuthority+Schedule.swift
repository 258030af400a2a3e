import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres

extension KeyAuthority {
    /// Carries out one entry of the schedule, if it is still due: what was planned from an older view is decided again
    /// inside the transaction.
    ///
    /// - Throws: `KeyServiceError.conflict` where it is not due any more.
    func perform(
        _ entry: Schedule.Entry, called name: String, context: CallContext, announce: Announcement
    ) async throws {
        switch entry.action {
        case .rotate:
            _ = try await rotate(
                entry.record.object, called: name, superseding: entry.record.version, context: context)
        case .closeWindow:
            _ = try await change { writer in
                let record = try await self.due(entry, writer.reader, now: writer.nowUnixUs)
                let retired = try await writer.update(record, after: .windowClosed)
                writer.tell(.retireKey, of: retired, called: name, context)
            }
        case .destroy:
            let record = try await read { try await self.due(entry, $0, now: clock()) }
            try await announce(intent(.destroyKey, NamedKey(name: name, record: record), context))
            _ = try await change { writer in
                let record = try await self.due(entry, writer.reader, now: writer.nowUnixUs)
                _ = try await writer.destroy(record, called: name, context, as: .destroyKey)
            }
        }
    }

    private func due(_ entry: Schedule.Entry, _ reader: StoreReader, now: Int64) async throws -> KeyRecord {
        guard let record = try await reader.key(entry.record.object, version: entry.record.version),
            let present = Schedule.entry(record, try await reader.facts(of: record), rotation, atUnixUs: now),
            present.action == entry.action, present.isDue(atUnixUs: now)
        else { throw KeyServiceError.conflict }
        return record
    }

    /// Notes that an entry failed, when it is tried again, and tells administrators of a first or another failure.
    func noteFailure(of entry: Schedule.Entry, called name: String, _ failure: KeyServiceError) async throws {
        _ = try await change { writer in
            var note = try await writer.reader.note(of: entry.record) ?? ScheduleNote(id: entry.record.identity.row)
            let isNews = note.failures == 0 || note.cause != failure.cause.description
            note.failures = note.failures.addingReportingOverflow(1).overflow ? .max : note.failures + 1
            note.cause = failure.cause.description
            note.nextAttemptUnixUs =
                writer.nowUnixUs + RotationPolicy.pause(afterFailures: note.failures, of: entry.record.version)
            try await writer.write(note)
            guard isNews else { return }
            writer.alerts.append(
                Alert(
                    .rotationFailed, .warning, object: name,
                    text: "\(entry.action.text) of version \(entry.record.version) failed: \(failure.cause)"))
        }
    }

    /// Tells administrators of rotations that are overdue, once for each version.
    func tellOverdue(_ entries: [(name: String, record: KeyRecord)]) async throws {
        guard !entries.isEmpty else { return }
        _ = try await change { writer in
            var told: [String] = []
            for (name, record) in entries {
                var note = try await writer.reader.note(of: record) ?? ScheduleNote(id: record.identity.row)
                guard !note.isOverdueTold else { continue }
                note.isOverdueTold = true
                try await writer.write(note)
                told.append(name)
            }
            if let only = told.first, told.count == 1 {
                writer.alerts.append(
                    Alert(.rotationOverdue, .critical, object: only, text: "its rotation is overdue"))
            } else if !told.isEmpty {
                let some = told.prefix(5).joined(separator: ", ")
                writer.alerts.append(
                    Alert(
                        .rotationOverdue, .critical,
                        text: "\(told.count) rotations are overdue, among them those of \(some)"))
            }
        }
    }

    struct ShownSchedule: Sendable {
        var reencryptions: [Reencryption]
        var entries: [(name: String, entry: Schedule.Entry)]
        /// The replica that runs it; empty: none.
        var holder: String
    }

    /// The schedule of everything, or of what `name` names and the keys under it.
    func schedule(of name: String) async throws -> ShownSchedule {
        let now = clock()
        return try await read { reader in
            var view = ScheduleView()
            try await view.refresh(reader)
            var wanted: Set<KeyObject>?
            if !name.isEmpty {
                guard let objects = view.names?.objects(under: name) else { throw KeyServiceError.unknownKey }
                wanted = Set(objects)
            }
            let entries = view.entries(self.rotation, atUnixUs: now)
                .filter { wanted?.contains($0.record.object) ?? true }
                .map { (name: view.name(of: $0.record), entry: $0) }
            let reencryptions = try await reader.reencryptions(try await self.names(reader)).filter {
                wanted?.contains(KeyObject(kind: .fek, id: $0.request.fieldID)) ?? true
            }
            return ShownSchedule(
                reencryptions: reencryptions, entries: entries,
                holder: try await SchedulerSeat.holder(reader.connection, nowUnixUs: now))
        }
    }
}

extension Schedule.Action {
    var text: String {
        switch self {
        case .rotate: "rotation"
        case .closeWindow: "retirement"
        case .destroy: "destruction"
        }
    }
}
