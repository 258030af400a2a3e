import FieldsealCrypto

/// All that the schedule is made of, as the store had it at one revision. Refreshing reads what was written since, so that
/// a tick costs as much as there are changes.
struct ScheduleView {
    private(set) var revision: UInt64 = 0
    private var records: [ObjectID: KeyRecord] = [:]
    private var fields: [ObjectID: CatalogField] = [:]
    private var tables: [ObjectID: CatalogTable] = [:]
    private var censuses: [ObjectID: [Census]] = [:]
    private var notes: [ObjectID: ScheduleNote] = [:]
    private var pauses: [ObjectID: RotationPause] = [:]
    private(set) var names: KeyNames?

    /// Brings the view to the revision that `reader` sees: one transaction's snapshot.
    mutating func refresh(_ reader: StoreReader) async throws {
        let state = try await reader.revision()
        if state.revision < revision { self = ScheduleView() }
        guard state.revision != revision else { return }
        let since = Int64(revision)
        // Tombstones are of interest only where they replace what is held.
        let records = try await reader.keys(
            revision == 0 ? "state <> 'destroyed'" : "revision > \(since)", limit: Int(Int32.max))
        for record in records {
            self.records[record.identity.row] = record.state == .destroyed ? nil : record
        }
        let fields = try await reader.fields(where: "revision > \(since)")
        for field in fields { self.fields[field.id] = field }
        let tables = try await reader.tables(where: "revision > \(since)")
        for table in tables { self.tables[table.id] = table }
        for census in try await reader.censuses(where: "revision > \(since)") {
            censuses[census.field, default: []].removeAll { $0.location == census.location }
            censuses[census.field, default: []].append(census)
        }
        for note in try await reader.notes(where: "revision > \(since)") { notes[note.id] = note }
        for pause in try await reader.pauses(where: "revision > \(since)") { pauses[pause.id] = pause }
        if names == nil || !fields.isEmpty || !tables.isEmpty {
            // Index keys are not on the schedule.
            names = KeyNames(
                Catalog(tables: Array(self.tables.values), fields: Array(self.fields.values)), store: state.storeID)
        }
        revision = state.revision
    }

    func name(of record: KeyRecord) -> String { names?.name(of: record.object) ?? "\(record.object.id)" }

    func note(of record: KeyRecord) -> ScheduleNote {
        notes[record.identity.row] ?? ScheduleNote(id: record.identity.row)
    }

    /// What is said of a version besides its row.
    func details(of record: KeyRecord, _ policy: RotationPolicy, atUnixUs now: Int64) -> VersionDetails {
        let facts = facts(of: record, parents: [], pauses: [])
        var details = VersionDetails()
        if let field = facts.field {
            details.rows = CensusRules.rows(of: record, lifecycle: field.lifecycle, censuses: facts.censuses)
        }
        guard let entry = Schedule.entry(record, facts, policy, atUnixUs: now) else { return details }
        switch entry.action {
        case .rotate: details.expiresUnixUs = entry.deadlineUnixUs
        case .closeWindow: details.transitionEndsUnixUs = entry.dueUnixUs
        case .destroy: details.destroyUnixUs = entry.dueUnixUs
        }
        return details
    }

    /// Everything that is on the schedule, the earliest first.
    func entries(_ policy: RotationPolicy, atUnixUs now: Int64) -> [Schedule.Entry] {
        let parents = Set(records.values.compactMap { $0.identity.parent?.version })
        let pauses = Array(pauses.values)
        return records.values.compactMap { record in
            Schedule.entry(record, facts(of: record, parents: parents, pauses: pauses), policy, atUnixUs: now)
        }
        .sorted { ($0.dueUnixUs, $0.record.version) < ($1.dueUnixUs, $1.record.version) }
    }

    /// The same facts as `StoreReader.facts(of:)`, which decides again when it is done.
    private func facts(of record: KeyRecord, parents: Set<KeyVersion>, pauses: [RotationPause]) -> Schedule.Facts {
        var facts = Schedule.Facts(
            isLive: true, hasChildren: parents.contains(record.version), pauses: pauses,
            note: notes[record.identity.row])
        switch record.object.kind {
        case .fek:
            facts.field = fields[record.object.id]
            facts.isLive = facts.field.map { !$0.isRemoved && tables[$0.tableID]?.isRemoved == false } ?? false
            facts.censuses = censuses[record.object.id] ?? []
        case .dek: facts.isLive = tables[record.object.id]?.isRemoved == false
        case .master, .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: break
        }
        return facts
    }
}
