import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

extension KeyAuthority {
    /// Makes a new active version of a key from its parent's active one; the old goes to `transition`, and what it
    /// wraps is wrapped anew. One transaction; no data is touched.
    ///
    /// - Parameters:
    ///   - expected: the version to supersede; `KeyServiceError.conflict` where another one is active by now.
    ///   - leftOut: custodians under which a new master key is not wrapped.
    func rotate(
        _ object: KeyObject, called name: String, superseding expected: KeyVersion? = nil,
        without leftOut: Set<String> = [], context: CallContext
    ) async throws -> KeyRecord {
        switch object.kind {
        case .fek: try await rotateField(object, superseding: expected, context: context)
        case .dek: try await rotateTable(object, called: name, superseding: expected, context: context)
        case .master: try await rotateMaster(superseding: expected, without: leftOut, context: context)
        case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: throw KeyServiceError.notRotatable
        }
    }

    /// The version that a rotation would supersede. A new master key is wrapped by its custodians, and thrown away.
    func planRotation(of object: KeyObject, without leftOut: Set<String> = []) async throws -> KeyRecord {
        guard object.kind.isRotatable else { throw KeyServiceError.notRotatable }
        let present = try await read { try await $0.activeKey(object, expecting: nil) }
        if object.kind == .master { _ = try await makeMaster(object.id, without: leftOut) }
        return present
    }

    /// The same of a field's key, which is found within the transaction; nil where a table has the name, or no field.
    func rotate(_ field: FieldName, context: CallContext) async throws -> KeyRecord? {
        try await change(
            opening: [StoreReader.succession(of: field)] + StoreReader.fieldOrTable(field)
        ) { writer, rows in
            guard let entry = try writer.reader.fieldAndNoTable(field, rows.dropFirst()),
                let keys = try rows.first.map(writer.reader.succession)
            else { return nil }
            return try await self.rotateFields([entry], following: keys, writer: writer, context: context)[0]
        }.value
    }

    private func rotateField(
        _ object: KeyObject, superseding expected: KeyVersion?, context: CallContext
    ) async throws -> KeyRecord {
        try await change { writer in
            guard let entry = try await writer.reader.field(id: object.id) else { throw KeyServiceError.unknownField }
            return try await self.rotateFields(
                [entry], superseding: expected, writer: writer, context: context)[0]
        }.value
    }

    /// New versions with the fields' present protection.
    func rotateFields(
        _ entries: [CatalogEntry], superseding expected: KeyVersion? = nil, writer: StoreWriter, context: CallContext
    ) async throws -> [KeyRecord] {
        let keys = try await writer.reader.succession(of: Array(Set(entries.flatMap { [$0.key, $0.table.key] })))
        return try await rotateFields(
            entries, following: keys, superseding: expected, writer: writer, context: context)
    }

    private func rotateFields(
        _ entries: [CatalogEntry], following keys: KeySuccession, superseding expected: KeyVersion? = nil,
        writer: StoreWriter, context: CallContext
    ) async throws -> [KeyRecord] {
        writer.knownNames = Dictionary(
            entries.map { ($0.field.id, "\($0.name)") }, uniquingKeysWith: { first, _ in first })
        var superseded: [KeyRecord] = []
        var wanted: [WantedKey] = []
        for entry in entries {
            let old = try keys.active[entry.key].expected(expected)
            superseded.append(try old.following(.superseded, atUnixUs: writer.nowUnixUs))
            let entry = try await succeeding(old, entry, writer: writer, context: context)
            var key = WantedKey(fieldKeyOf: entry)
            key.rotationCount = keys.nextCounts[entry.key] ?? 0
            if entry.field.lifecycle.isDual, old.mayBePartner(rotation.seals) { key.partner = old.version }
            wanted.append(key)
        }
        return try await make(
            wanted, superseding: superseded, under: keys.active, writer: writer, context: context, as: .rotateKey)
    }

    private func rotateTable(
        _ object: KeyObject, called name: String, superseding expected: KeyVersion?, context: CallContext
    ) async throws -> KeyRecord {
        try await change { writer in
            let old = try await writer.reader.activeKey(object, expecting: expected)
            let master = try await self.activeMaster(writer.reader)
            let made = try KeyMaking.makeChild(
                of: master, for: object, rotationCount: try await writer.reader.nextRotationCount(of: object),
                atUnixUs: writer.nowUnixUs)
            try await writer.supersede(old)
            let record = self.rotation.dated(made.record, from: writer.nowUnixUs)
            let written = try await writer.create(record, called: name, field: nil, context, as: .rotateKey)
            try await self.rewrapChildren(of: object, to: written.identity, key: made.key, writer: writer)
            return written
        }.value
    }

    /// The new key is made and wrapped by its provider, which may take its time, before the store is locked.
    private func rotateMaster(
        superseding expected: KeyVersion?, without leftOut: Set<String>, context: CallContext
    ) async throws -> KeyRecord {
        let keyring = try unsealed()
        let object = KeyObject(kind: .master, id: keyring.storeID)
        // A custodian is not asked for what is not wanted any more, nor waited for while the store's lock is held.
        if let expected { _ = try await read { try await $0.activeKey(object, expecting: expected) } }
        let new = try await makeMaster(object.id, without: leftOut)
        let record = try await change { writer in
            let present = try await writer.reader.activeKey(object, expecting: expected)
            var made = new
            made.stored.record = self.rotation.dated(made.stored.record, from: writer.nowUnixUs)
            made.stored.record.rotationCount = try await writer.reader.nextRotationCount(of: object)
            made.stored.record.createdUnixUs = writer.nowUnixUs
            made.stored.record.stateUnixUs = writer.nowUnixUs
            try await writer.supersede(present)
            let written = try await writer.createMaster(made, replacing: present, context)
            try await self.rewrapChildren(of: object, to: written.identity, key: made.key.bytes, writer: writer)
            return written
        }.value
        keyring.replaceMaster(Keyring.Master(record: record, key: new.key))
        return record
    }

    /// Wraps every child that holds a key under another version, whichever it was under.
    func rewrapChildren(
        of object: KeyObject, to new: KeyIdentity, key: borrowing SecretBytes, writer: StoreWriter
    ) async throws {
        var rewrapping = try Rewrapping(to: new, key: key)
        var rewrapped: [KeyRecord] = []
        for child in try await writer.reader.children(of: object) {
            guard let version = child.identity.parent?.version, version != new.version else { continue }
            if !rewrapping.knows(version) {
                let parent =
                    object.kind == .master
                    ? try await masterKey(for: child, reader: writer.reader)
                    : try await open(try await writer.reader.parent(of: child), reader: writer.reader)
                try rewrapping.add(version, key: parent.bytes)
            }
            rewrapped.append(try rewrapping.rewrap(child))
        }
        try await writer.update(rewrapped)
    }
}

extension StoreReader {
    /// The active version of a key that has one.
    ///
    /// - Throws: `KeyServiceError.noKeyYet`; `conflict` where another version than `expected` is active.
    func activeKey(_ object: KeyObject, expecting expected: KeyVersion?) async throws -> KeyRecord {
        try await activeKey(object).expected(expected)
    }
}

extension KeyRecord? {
    /// The record, which must be there, and of this version where one is named.
    fileprivate func expected(_ version: KeyVersion?) throws(KeyServiceError) -> KeyRecord {
        guard let record = self else { throw .noKeyYet }
        guard version == nil || record.version == version else { throw .conflict }
        return record
    }
}

extension KeyRecord {
    /// The record as `event` leaves it; `KeyServiceError.wrongState` where its state has no such edge.
    func following(_ event: KeyState.Event, atUnixUs now: Int64) throws(KeyServiceError) -> KeyRecord {
        guard let next = after(event, atUnixUs: now) else { throw .wrongState(state) }
        return next
    }
}

extension StoreWriter {
    /// Takes the active version out of use for encryption.
    func supersede(_ record: KeyRecord) async throws { _ = try await update(record, after: .superseded) }

    /// Writes a record as `event` leaves it; `KeyServiceError.wrongState` where its state has no such edge.
    func update(_ record: KeyRecord, after event: KeyState.Event) async throws -> KeyRecord {
        try await update(try record.following(event, atUnixUs: nowUnixUs))
    }
}
