import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// Gives keys whose active version was taken away a new one, parents first, within one transaction.
final class KeyRenewal {
    private struct Parent {
        var record: KeyRecord
        var key: SharedSecret

        func opened() throws -> OpenKey { OpenKey(record: record, key: try key.bytes.copy()) }
    }

    private let authority: KeyAuthority
    private let writer: StoreWriter
    /// Wrapped before the transaction; nil: a new master key was not expected to be needed.
    private let prepared: NewMaster?
    private var master: Parent?
    private var tableKeys: [ObjectID: Parent] = [:]
    private(set) var newMaster: Keyring.Master?
    private(set) var newIntegrity: Keyring.Integrity?
    /// The prepared master key, where it was needed.
    var usedMaster: NewMaster? { newMaster == nil ? nil : prepared }

    init(authority: KeyAuthority, writer: StoreWriter, prepared: NewMaster?) {
        self.prepared = prepared
        self.authority = authority
        self.writer = writer
    }

    /// - Parameter objects: keys without an active version, parents first. One whose field or table was removed from the
    ///   catalog stays without; declared again, it gets its key as a new one does.
    /// - Returns: the new versions.
    func renew(_ objects: [KeyObject], names: KeyNames, context: CallContext) async throws -> [NamedKey] {
        let places = KeyPlaces(try await writer.reader.catalog())
        var made: [NamedKey] = []
        for object in objects {
            guard let record = try await renew(object, places) else { continue }
            writer.note(.createKey, record, names, context)
            made.append(NamedKey(name: names.name(of: object), record: record))
        }
        return made
    }

    private func renew(_ object: KeyObject, _ places: KeyPlaces) async throws -> KeyRecord? {
        let count = try await writer.reader.nextRotationCount(of: object)
        switch object.kind {
        case .master: return try await renewMaster(object, count)
        case .auditHash, .storeIntegrity:
            let key = try KeyMaking.makeChild(
                of: try await activeMaster().opened(), for: object, rotationCount: count, atUnixUs: writer.nowUnixUs)
            let record = try await writer.insert(key.record)
            if object.kind == .storeIntegrity {
                newIntegrity = .init(version: record.version, key: SharedSecret(try key.key.copy()))
            }
            return record
        case .dek:
            guard places.contains(table: object.id) else { return nil }
            let key = try KeyMaking.makeChild(
                of: try await activeMaster().opened(), for: object, rotationCount: count, atUnixUs: writer.nowUnixUs)
            let record = try await writer.insert(key.record)
            tableKeys[object.id] = Parent(record: record, key: SharedSecret(try key.key.copy()))
            return record
        case .fek, .index, .subjectWrapping:
            guard let (table, protection) = places.place(of: object) else { return nil }
            let key = try KeyMaking.makeChild(
                of: try await tableKey(table).opened(), for: object, protection: protection, rotationCount: count,
                atUnixUs: writer.nowUnixUs)
            let record = try await writer.insert(key.record)
            if object.kind == .subjectWrapping { try await rewrapSubjects(to: key) }
            return record
        // Who had the master key had the unseal key, too: shares are made anew by people.
        case .unseal: return nil
        }
    }

    /// Compromised keys of subjects too: values are moved away from them. Others are made when they are asked for.
    private func rewrapSubjects(to new: borrowing OpenKey) async throws {
        for old in try await writer.reader.versions(of: new.record.object, limit: Int(Int32.max))
        where old.state.hasKey && old.version != new.record.version {
            try await authority.rewrapSubjects(from: old, to: new, writer: writer)
        }
    }

    private func renewMaster(_ object: KeyObject, _ count: Int32) async throws -> KeyRecord {
        guard var made = prepared else { throw MasterKeyNeeded() }
        made.stored.record.rotationCount = count
        let formers = try await writer.reader.versions(of: object, limit: Int(Int32.max))
        // A custodian that was added or removed meanwhile.
        guard let former = formers.first(where: \.state.hasKey),
            made.stored.record.custodians
                == (try await writer.reader.master(former)).holders(withShares: false)
                .filter({ !made.leftOut.contains($0) })
        else { throw KeyServiceError.conflict }
        let record = try await writer.insert(made.stored.record)
        for wrap in made.stored.wraps { try await writer.insert(wrap) }
        master = Parent(record: record, key: made.key)
        newMaster = .init(record: record, key: made.key)
        return record
    }

    private func activeMaster() async throws -> Parent {
        if let master { return master }
        let key = try await authority.activeMaster(writer.reader)
        let parent = Parent(record: key.record, key: SharedSecret(try key.key.copy()))
        master = parent
        return parent
    }

    private func tableKey(_ table: ObjectID) async throws -> Parent {
        if let known = tableKeys[table] { return known }
        guard let record = try await writer.reader.activeKey(KeyObject(kind: .dek, id: table)) else {
            throw KeyServiceError.damaged("table \(table) has no active key")
        }
        let key = try KeyMaking.open(record, under: try await activeMaster().opened().key)
        let parent = Parent(record: record, key: SharedSecret(try key.copy()))
        tableKeys[table] = parent
        return parent
    }

    /// Brings the store under its new integrity key, if it got one.
    func finish() async throws {
        guard let newIntegrity else { return }
        try await writer.reauthenticate(under: try RowMAC(key: newIntegrity.key.bytes))
    }
}

/// Thrown inside a transaction that has to make a master key: its custodians are asked before it is tried again.
struct MasterKeyNeeded: Error {}

/// Where the keys below a table's stand, for many lookups; what was removed is not found.
private struct KeyPlaces {
    private var tables: Set<ObjectID> = []
    private var fields: [ObjectID: CatalogField] = [:]
    private var indexes: [ObjectID: ObjectID] = [:]

    init(_ catalog: Catalog) {
        tables = Set(catalog.tables.lazy.filter { !$0.isRemoved }.map(\.id))
        for field in catalog.fields where !field.isRemoved && tables.contains(field.tableID) {
            fields[field.id] = field
        }
        for index in catalog.indexes where !index.isRemoved { indexes[index.id] = index.fieldID }
    }

    func contains(table: ObjectID) -> Bool { tables.contains(table) }

    /// The key's table, and a field key's protection.
    func place(of object: KeyObject) -> (table: ObjectID, protection: FieldProtection?)? {
        switch object.kind {
        case .fek: fields[object.id].map { ($0.tableID, $0.protection) }
        case .index: indexes[object.id].flatMap { fields[$0] }.map { ($0.tableID, nil) }
        case .subjectWrapping: tables.contains(object.id) ? (object.id, nil) : nil
        case .master, .dek, .auditHash, .storeIntegrity, .unseal: nil
        }
    }
}
