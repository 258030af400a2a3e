import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// What a compromise did, or would do.
struct CompromiseOutcome: Sendable {
    /// As they stand marked.
    var compromised: [NamedKey] = []
    /// Where nothing is changed: the active versions that new ones would take the place of.
    var made: [NamedKey] = []
    /// Fields with values, and indexes with entries, under compromised versions; by name.
    var affected: [AffectedObject] = []
}

struct AffectedObject: Sendable {
    /// `table.field`, `table.field/index` or `table/subjects`.
    var name: String
    var versions: [KeyVersion]
    var field: ObjectID?
    /// What the last counts of a field's values found under the versions, in all places that hold them; nil where a place
    /// was never counted, and for indexes and subjects' keys.
    var count: Count?

    struct Count: Sendable, Equatable {
        var rows: UInt64
        /// When the oldest of the counts began.
        var begunUnixUs: Int64
    }
}

extension KeyAuthority {
    /// What a compromise of a key's version, or of all its versions, reaches; nothing is changed.
    func planCompromise(
        of object: KeyObject, version: KeyVersion?, note: CompromiseNote
    ) async throws -> (value: CompromiseOutcome, revision: UInt64) {
        try await read { reader in
            let plan = try await self.plan(object, version, reader)
            let names = try await self.names(reader)
            let now = self.clock()
            let marked = plan.marked.map { $0.markedCompromised(note, atUnixUs: now) }
            return (
                CompromiseOutcome(
                    compromised: names.named(marked), made: names.named(plan.marked.filter(\.isActive)),
                    affected: try await reader.affected(marked, names)),
                try await reader.revision().revision
            )
        }
    }

    /// Marks all that was ever under the key, and gives every key among them a new version from a parent that is not
    /// compromised; in one transaction. Versions that are marked already stay as they are.
    ///
    /// - Parameter leftOut: custodians under which a new master key is not wrapped.
    func compromise(
        _ object: KeyObject, called name: String, version: KeyVersion?, note: CompromiseNote,
        without leftOut: Set<String> = [], context: CallContext
    ) async throws -> (value: CompromiseOutcome, revision: UInt64) {
        try await renewing(without: leftOut) { writer, renewal in
            let plan = try await self.plan(object, version, writer.reader)
            let names = try await self.names(writer.reader)
            var outcome = CompromiseOutcome()
            guard !plan.isEmpty else { return outcome }
            for record in plan.marked {
                let marked = try await writer.update(record.markedCompromised(note, atUnixUs: writer.nowUnixUs))
                outcome.compromised.append(NamedKey(name: names.name(of: record.object), record: marked))
                writer.note(.compromiseKey, marked, names, context)
                if record.object.kind == .subjectWrapping { try await writer.markSubjects(under: record.version) }
            }
            outcome.affected = try await writer.reader.affected(outcome.compromised.map(\.record), names)
            for field in Set(outcome.affected.compactMap(\.field)).sorted()
            where try await !writer.reader.versionsToLeave(field).isEmpty {
                try await writer.write(.compromise(of: field, atUnixUs: writer.nowUnixUs))
            }
            outcome.made = try await renewal.renew(plan.renewed, names: names, context: context)
            if let master = renewal.usedMaster { writer.tellLeftOut(of: master, context) }
            writer.alerts.append(
                Alert(.keyCompromised, .critical, object: name, text: outcome.alertText(name, note)))
            return outcome
        }
    }

    /// A change that may make new master and store-integrity keys, which are held once it is durable.
    func renewing<Value: Sendable>(
        _ access: StoreAccess = .served, without leftOut: Set<String> = [],
        _ body: (StoreWriter, KeyRenewal) async throws -> Value
    ) async throws -> (value: Value, revision: UInt64) {
        do {
            return try await renewing(access, with: nil, body)
        } catch is MasterKeyNeeded {
            let prepared = try await makeMaster(try unsealed().storeID, access, without: leftOut, withShares: false)
            return try await renewing(access, with: prepared, body)
        }
    }

    private func renewing<Value: Sendable>(
        _ access: StoreAccess, with prepared: NewMaster?, _ body: (StoreWriter, KeyRenewal) async throws -> Value
    ) async throws -> (value: Value, revision: UInt64) {
        let changed = try await change(access) { writer in
            let renewal = KeyRenewal(authority: self, writer: writer, prepared: prepared)
            let value = try await body(writer, renewal)
            try await renewal.finish()
            return (value: value, master: renewal.newMaster, integrity: renewal.newIntegrity)
        }
        if changed.value.master != nil || changed.value.integrity != nil {
            hold(try unsealed().replacing(master: changed.value.master, integrity: changed.value.integrity))
        }
        return (changed.value.value, changed.revision)
    }

    private func plan(
        _ object: KeyObject, _ version: KeyVersion?, _ reader: StoreReader
    ) async throws -> CompromisePlan {
        let records = try await reader.records(under: object)
        let versions = records.filter { $0.object == object && (version == nil || $0.version == version) }
        guard !versions.isEmpty else { throw version == nil ? KeyServiceError.noKeyYet : .unknownVersion }
        return CompromisePlan(of: versions, among: records)
    }

    func names(_ reader: StoreReader) async throws -> KeyNames {
        KeyNames(try await reader.catalog(), store: try unsealed().storeID)
    }
}

extension StoreReader {
    /// All versions of a key and of the keys below it.
    func records(under object: KeyObject) async throws -> [KeyRecord] {
        switch object.kind {
        case .master: return try await keys("true", limit: Int(Int32.max))
        case .dek:
            let records = try await keys(
                "key_id = \(object.id.uuid) OR parent_key_id = \(object.id.uuid)", limit: Int(Int32.max))
            return records.filter { $0.object == object || $0.object.kind.parent == .dek }
        case .fek, .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal:
            return try await versions(of: object, limit: Int(Int32.max))
        }
    }
}

extension StoreReader {
    /// What holds data under the versions, by name, with what the census knows of it.
    fileprivate func affected(_ records: [KeyRecord], _ names: KeyNames) async throws -> [AffectedObject] {
        let data = records.filter { [.fek, .index, .subjectWrapping].contains($0.object.kind) }
        var affected: [AffectedObject] = []
        for (object, versions) in Dictionary(grouping: data, by: \.object) {
            var entry = AffectedObject(name: names.name(of: object), versions: versions.map(\.version))
            if object.kind == .fek {
                entry.field = object.id
                entry.count = try await count(of: versions, in: object.id)
            }
            affected.append(entry)
        }
        return affected.sorted { $0.name < $1.name }
    }

    func count(of versions: [KeyRecord], in field: ObjectID) async throws -> AffectedObject.Count? {
        guard let lifecycle = try await fields(where: "id = \(field.uuid)").first?.lifecycle else { return nil }
        let censuses = try await censuses(of: field)
        let places = [""] + lifecycle.locations
        guard let begun = censuses.filter({ places.contains($0.location) }).map(\.begunUnixUs).min() else { return nil }
        var sum: UInt64 = 0
        for version in versions {
            guard let rows = CensusRules.rows(of: version, lifecycle: lifecycle, censuses: censuses) else { return nil }
            sum = sum.addingReportingOverflow(rows).overflow ? .max : sum + rows
        }
        return .init(rows: sum, begunUnixUs: begun)
    }
}

extension StoreWriter {
    /// Notes what happened to one version.
    func note(_ operation: AuditOperation, _ record: KeyRecord, _ names: KeyNames, _ context: CallContext) {
        var event = context.event(operation, of: names.name(of: record.object), version: record.version)
        (event.table, event.field) = names.place(of: record.object)
        event.storeRevision = revision
        events.append(event)
    }
}

extension KeyNames {
    func named(_ records: [KeyRecord]) -> [NamedKey] {
        records.map { NamedKey(name: name(of: $0.object), record: $0) }
    }

    /// Table and field of a key below the master key; empty where it has none.
    func place(of object: KeyObject) -> (table: String, field: String) {
        let name = name(of: object)
        switch object.kind {
        case .dek: return (name, "")
        case .fek, .index:
            guard let field = FieldName(String(name.prefix { $0 != "/" })) else { return ("", "") }
            return (field.table, field.field)
        case .subjectWrapping: return (String(name.prefix { $0 != "/" }), "")
        case .master, .auditHash, .storeIntegrity, .unseal: return ("", "")
        }
    }
}

extension CompromiseOutcome {
    fileprivate func alertText(_ name: String, _ note: CompromiseNote) -> String {
        """
        Key \(name) is compromised: \(compromised.count) versions are marked and \(made.count) new ones made; \
        \(affected.count) fields and indexes have to be re-encrypted or re-indexed. Reason: \(note.reason)
        """
    }
}
