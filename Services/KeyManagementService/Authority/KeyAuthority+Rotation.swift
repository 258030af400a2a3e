import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

extension KeyAuthority {
    /// Makes a new active version of a key from its parent's active one; the old goes to `transition`, and what it
    /// wraps is wrapped anew. One transaction; no data is touched.
    func rotate(_ object: KeyObject, called name: String, context: CallContext) async throws -> KeyRecord {
        switch object.kind {
        case .fek: try await rotateField(object, context: context)
        case .dek: try await rotateTable(object, called: name, context: context)
        case .master: try await rotateMaster(context: context)
        case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: throw KeyServiceError.notRotatable
        }
    }

    private func rotateField(_ object: KeyObject, context: CallContext) async throws -> KeyRecord {
        try await change { writer in
            guard let entry = try await writer.reader.field(id: object.id) else { throw KeyServiceError.unknownField }
            return try await self.rotateField(entry, writer: writer, context: context)
        }.value
    }

    /// A new version with the field's present protection.
    func rotateField(_ entry: CatalogEntry, writer: StoreWriter, context: CallContext) async throws -> KeyRecord {
        guard let old = try await writer.reader.activeKey(entry.key) else { throw KeyServiceError.noKeyYet }
        let dek = try await activeDEK(of: entry.table, writer: writer, context: context)
        let made = try KeyMaking.makeChild(
            of: dek, for: entry.key, protection: entry.field.protection,
            rotationCount: try await writer.reader.nextRotationCount(of: entry.key), atUnixUs: writer.nowUnixUs)
        try await writer.supersede(old)
        var record = made.record
        if entry.field.lifecycle.isDual, old.mayBePartner { record.partner = old.version }
        return try await writer.create(
            record, called: "\(entry.name)", field: entry.name, context, as: .rotateKey)
    }

    private func rotateTable(_ object: KeyObject, called name: String, context: CallContext) async throws -> KeyRecord {
        try await change { writer in
            guard let old = try await writer.reader.activeKey(object) else { throw KeyServiceError.noKeyYet }
            let master = try await self.activeMaster(writer.reader)
            let made = try KeyMaking.makeChild(
                of: master, for: object, rotationCount: try await writer.reader.nextRotationCount(of: object),
                atUnixUs: writer.nowUnixUs)
            try await writer.supersede(old)
            let written = try await writer.create(made.record, called: name, field: nil, context, as: .rotateKey)
            try await self.rewrapChildren(of: object, to: made, writer: writer)
            return written
        }.value
    }

    private func rotateMaster(context: CallContext) async throws -> KeyRecord {
        let keyring = try unsealed()
        let object = KeyObject(kind: .master, id: keyring.storeID)
        // Wrapped before the transaction: a custodian is not waited for while the store's lock is held.
        let new = try await makeMaster(object.id)
        let master = try await change { writer in
            guard let old = try await writer.reader.activeKey(object) else {
                throw KeyServiceError.damaged("no active master key")
            }
            var made = new
            made.stored.record.rotationCount = try await writer.reader.nextRotationCount(of: object)
            try await writer.supersede(old)
            let written = try await writer.createMaster(made, replacing: old, context)
            try await self.rewrapChildren(of: object, to: try made.opened(), writer: writer)
            return Keyring.Master(record: written, key: made.key)
        }.value
        keyring.replaceMaster(master)
        return master.record
    }

    /// Wraps every child that holds a key under the new version, whichever version it was under.
    private func rewrapChildren(of object: KeyObject, to new: borrowing OpenKey, writer: StoreWriter) async throws {
        var parents: [KeyVersion: SharedSecret] = [:]
        for child in try await writer.reader.children(of: object) {
            guard let version = child.identity.parent?.version, version != new.record.version else { continue }
            let parent: SharedSecret
            if let opened = parents[version] {
                parent = opened
            } else if object.kind == .master {
                parent = try await masterKey(for: child, reader: writer.reader)
            } else {
                parent = try await open(try await writer.reader.parent(of: child), reader: writer.reader)
            }
            parents[version] = parent
            _ = try await writer.update(try KeyMaking.rewrap(child, from: parent.bytes, to: new))
        }
    }
}

extension StoreWriter {
    /// Takes the active version out of use for encryption.
    func supersede(_ record: KeyRecord) async throws {
        guard let superseded = record.after(.superseded, atUnixUs: nowUnixUs) else { throw KeyServiceError.conflict }
        _ = try await update(superseded)
    }
}
