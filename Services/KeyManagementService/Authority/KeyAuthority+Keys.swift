import FieldsealAuditTrail
import FieldsealCrypto

extension KeyAuthority {
    /// Makes sure that a field has an active key, each of its indexes too, and its table a DEK. Of callers that race,
    /// one makes the key and all get it.
    func ensureKeys(of field: FieldName, context: CallContext) async throws -> KeyRecord {
        guard let record = try await ensureKeys(of: [field], context: context)[field] else {
            throw KeyServiceError.unknownField
        }
        return record
    }

    /// The same for many fields in one transaction; those that the catalog does not have are left out.
    func ensureKeys(of fields: [FieldName], context: CallContext) async throws -> [FieldName: KeyRecord] {
        let present = try await read { try await ActiveKeys(of: fields, $0) }
        if present.missing.isEmpty { return present.fieldKeys }
        return try await change { writer in
            var present = try await ActiveKeys(of: fields, writer.reader)
            var wanted = present.missing
            let counts = try await writer.reader.nextRotationCounts(ofInactive: wanted.map(\.object))
            for position in wanted.indices { wanted[position].rotationCount = counts[wanted[position].object] ?? 0 }
            present.add(try await self.make(wanted, writer: writer, context: context, as: .createKey))
            return present.fieldKeys
        }.value
    }

    /// Makes keys under their tables' DEKs.
    ///
    /// - Parameters:
    ///   - superseded: the versions whose place they take, as they are from now on.
    ///   - known: active DEKs that have been read.
    func make(
        _ wanted: [WantedKey], superseding superseded: [KeyRecord] = [], under known: [KeyObject: KeyRecord] = [:],
        writer: StoreWriter, context: CallContext, as operation: AuditOperation
    ) async throws -> [KeyRecord] {
        let groups = Dictionary(grouping: wanted, by: \.table.id).values.sorted { $0[0].name < $1[0].name }
        let deks = try await activeDEKs(of: groups.map { $0[0].table }, known, writer: writer, context: context)
        var made: [NewKey] = []
        for (keys, dek) in zip(groups, deks) {
            let opened = try await open(dek: dek, reader: writer.reader)
            for key in keys {
                var record = try KeyMaking.makeChild(
                    of: opened, for: key.object, protection: key.protection, rotationCount: key.rotationCount,
                    atUnixUs: writer.nowUnixUs
                ).record
                record = rotation.dated(record, lifecycle: key.lifecycle, from: writer.nowUnixUs)
                record.partner = key.partner
                made.append(NewKey(record: record, name: key.name, field: key.field))
            }
        }
        try await writer.update(superseded)
        return try await writer.create(made, context, as: operation)
    }

    /// The table's active DEK, opened; made where there is none.
    func activeDEK(of table: CatalogTable, writer: StoreWriter, context: CallContext) async throws -> OpenKey {
        let dek = try await activeDEKs(of: [table], writer: writer, context: context)[0]
        return try await open(dek: dek, reader: writer.reader)
    }

    /// The tables' active DEKs, in the tables' order; made where there are none.
    private func activeDEKs(
        of tables: [CatalogTable], _ known: [KeyObject: KeyRecord] = [:], writer: StoreWriter, context: CallContext
    ) async throws -> [KeyRecord] {
        var active = known
        let unknown = tables.filter { known[$0.key] == nil }
        if !unknown.isEmpty { active.merge(try await writer.reader.activeKeys(unknown.map(\.key))) { $1 } }
        let missing = tables.filter { active[$0.key] == nil }
        if !missing.isEmpty {
            let counts = try await writer.reader.nextRotationCounts(ofInactive: missing.map(\.key))
            let master = try await activeMaster(writer.reader)
            var made: [NewKey] = []
            for table in missing {
                let record = try KeyMaking.makeChild(
                    of: master, for: table.key, rotationCount: counts[table.key] ?? 0, atUnixUs: writer.nowUnixUs
                ).record
                made.append(NewKey(record: rotation.dated(record, from: writer.nowUnixUs), name: table.name))
            }
            for record in try await writer.create(made, context) { active[record.object] = record }
        }
        return tables.compactMap { active[$0.key] }
    }

    private func open(dek record: KeyRecord, reader: StoreReader) async throws -> OpenKey {
        let master = try await masterKey(for: record, reader: reader)
        return OpenKey(record: record, key: try KeyMaking.open(record, under: master.bytes))
    }

    /// The active master key, opened.
    func activeMaster(_ reader: StoreReader) async throws -> OpenKey {
        let keyring = try unsealed()
        let master = try await reader.activeMaster(of: keyring.storeID)
        let key = try await keyring.masterKey(master)
        return OpenKey(record: master.record, key: try key.bytes.copy())
    }
}

/// A key's row that is still to be inserted.
struct NewKey {
    var record: KeyRecord
    var name: String
    /// Nil: the key of a whole table, or above it.
    var field: FieldName?
}

extension StoreWriter {
    /// Inserts a new key's row with its event.
    @discardableResult
    func create(
        _ record: KeyRecord, called name: String, field: FieldName?, _ context: CallContext,
        as operation: AuditOperation = .createKey
    ) async throws -> KeyRecord {
        try await create([NewKey(record: record, name: name, field: field)], context, as: operation)[0]
    }

    func create(
        _ keys: [NewKey], _ context: CallContext, as operation: AuditOperation = .createKey
    ) async throws -> [KeyRecord] {
        let written = try await insert(keys.map(\.record))
        for (key, record) in zip(keys, written) {
            var event = context.event(operation, of: key.name, version: record.version)
            event.table = key.field?.table ?? (record.object.kind == .dek ? key.name : "")
            event.field = key.field?.field ?? ""
            event.storeRevision = revision
            events.append(event)
        }
        return written
    }
}
