import FieldsealAuditTrail
import FieldsealCrypto

extension KeyAuthority {
    /// Makes sure that a field has an active key, each of its indexes too, and its table a DEK. Of callers that race,
    /// one makes the key and all get it.
    func ensureKeys(of field: FieldName, context: CallContext) async throws -> KeyRecord {
        let present: KeyRecord? = try await read { reader in
            guard let entry = try await reader.field(field) else { throw KeyServiceError.unknownField }
            for index in entry.indexes {
                guard try await reader.activeKey(KeyObject(kind: .index, id: index.id)) != nil else { return nil }
            }
            return try await reader.activeKey(entry.key)
        }
        if let present { return present }
        return try await change { writer in
            guard let entry = try await writer.reader.field(field) else { throw KeyServiceError.unknownField }
            let dek = try await self.activeDEK(of: entry.table, writer: writer, context: context)
            for index in entry.indexes {
                let object = KeyObject(kind: .index, id: index.id)
                guard try await writer.reader.activeKey(object) == nil else { continue }
                let made = try KeyMaking.makeChild(
                    of: dek, for: object, rotationCount: try await writer.reader.nextRotationCountOfInactive(object),
                    atUnixUs: writer.nowUnixUs)
                try await writer.create(made.record, called: "\(entry.name)/\(index.name)", field: entry.name, context)
            }
            if let active = try await writer.reader.activeKey(entry.key) { return active }
            let made = try KeyMaking.makeChild(
                of: dek, for: entry.key, protection: entry.field.protection,
                rotationCount: try await writer.reader.nextRotationCountOfInactive(entry.key),
                atUnixUs: writer.nowUnixUs)
            return try await writer.create(
                self.rotation.dated(made.record, lifecycle: entry.field.lifecycle, from: writer.nowUnixUs),
                called: "\(entry.name)", field: entry.name, context)
        }.value
    }

    /// The table's active DEK, opened; made where there is none.
    func activeDEK(of table: CatalogTable, writer: StoreWriter, context: CallContext) async throws -> OpenKey {
        let object = KeyObject(kind: .dek, id: table.id)
        if let record = try await writer.reader.activeKey(object) {
            let master = try await masterKey(for: record, reader: writer.reader)
            return OpenKey(record: record, key: try KeyMaking.open(record, under: master.bytes))
        }
        let master = try await activeMaster(writer.reader)
        let made = try KeyMaking.makeChild(
            of: master, for: object, rotationCount: try await writer.reader.nextRotationCountOfInactive(object),
            atUnixUs: writer.nowUnixUs)
        try await writer.create(
            rotation.dated(made.record, from: writer.nowUnixUs), called: table.name, field: nil, context)
        return made
    }

    /// The active master key, opened.
    func activeMaster(_ reader: StoreReader) async throws -> OpenKey {
        let keyring = try unsealed()
        let master = try await reader.activeMaster(of: keyring.storeID)
        let key = try await keyring.masterKey(master)
        return OpenKey(record: master.record, key: try key.bytes.copy())
    }
}

extension StoreWriter {
    /// Inserts a new key's row with its event.
    @discardableResult
    func create(
        _ record: KeyRecord, called name: String, field: FieldName?, _ context: CallContext,
        as operation: AuditOperation = .createKey
    ) async throws -> KeyRecord {
        let written = try await insert(record)
        var event = context.event(operation, of: name, version: written.version)
        event.table = field?.table ?? (record.object.kind == .dek ? name : "")
        event.field = field?.field ?? ""
        event.storeRevision = revision
        events.append(event)
        return written
    }
}
