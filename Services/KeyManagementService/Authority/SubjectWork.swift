import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// One transaction's work on subject keys: what it opened on the way is opened once.
struct SubjectWork {
    let authority: KeyAuthority
    let reader: StoreReader
    private var entries: [FieldName: CatalogEntry] = [:]
    private var wrappingKeys: [KeyVersion: SharedSecret] = [:]
    private var lookups: [ObjectID: SubjectLookup] = [:]
    private var made: [String: UInt64] = [:]

    init(authority: KeyAuthority, reader: StoreReader) {
        self.authority = authority
        self.reader = reader
    }

    /// The stored key; nil where it is still to be made. What is wrong with one request is its own result.
    mutating func grant(
        _ request: KeyAuthority.SubjectRequest, to recipient: GrantRecipient
    ) async throws -> KeyAuthority.SubjectResult? {
        do {
            let entry = try await entry(request.field)
            let grant: SubjectGrant?
            switch request.name {
            case .subject(let subject):
                guard entry.field.protection.subjectKeys else { throw KeyServiceError.noSubjects }
                grant = try await self.grant(subject, in: entry.table, to: recipient)
            case .key(let id, let purpose):
                grant = try await self.grant(id, in: entry.table, for: purpose, to: recipient)
            }
            return grant.map { .success($0) }
        } catch let error as KeyServiceError {
            return .failure(try error.ofOneItem())
        }
    }

    private mutating func grant(
        _ subject: [UInt8], in table: CatalogTable, to recipient: GrantRecipient
    ) async throws -> SubjectGrant? {
        guard let record = try await records(of: subject, in: table).first(where: \.isCurrent) else { return nil }
        return SubjectGrant(id: record.id, sealedKey: try await seal(record, to: recipient))
    }

    private mutating func grant(
        _ id: ObjectID, in table: CatalogTable, for purpose: GrantPurpose, to recipient: GrantRecipient
    ) async throws -> SubjectGrant? {
        let (record, lookup) = try await record(id, in: table)
        guard record.isCurrent || purpose == .rewrap else { throw KeyServiceError.subjectCompromised }
        var grant = SubjectGrant(id: record.id, sealedKey: try await seal(record, to: recipient))
        guard record.isCompromised else { return grant }
        guard let successor = try await reader.currentSubjectKey(of: table.id, lookup: lookup) else { return nil }
        grant.successor = (successor.id, try await seal(successor, to: recipient))
        return grant
    }

    /// The key, made where there is none; the successor of a compromised one likewise.
    mutating func make(
        _ request: KeyAuthority.SubjectRequest, to recipient: GrantRecipient, writer: StoreWriter, context: CallContext
    ) async throws -> KeyAuthority.SubjectResult {
        if let found = try await grant(request, to: recipient) { return found }
        let entry = try await entry(request.field)
        let wrapping = try await activeWrappingKey(of: entry.table, writer: writer, context: context)
        if try await lookup(of: entry.table) == nil {
            try await insert(lookup: nil, of: entry.table, under: wrapping, writer: writer)
        }
        guard let lookup = try await lookup(of: entry.table) else { throw KeyServiceError.conflict }
        let hash =
            switch request.name {
            case .subject(let subject): try lookup.hash(of: subject)
            case .key(let id, _): try await record(id, in: entry.table).lookup
            }
        try await insert(lookup: hash, of: entry.table, under: wrapping, writer: writer)
        made[entry.table.name, default: 0] += 1
        guard let granted = try await grant(request, to: recipient) else { throw KeyServiceError.conflict }
        return granted
    }

    /// One event for all keys of a table that were made.
    func noteMade(_ writer: StoreWriter, _ context: CallContext) {
        for (table, count) in made.sorted(by: { $0.key < $1.key }) {
            var event = context.event(.createKey, of: SubjectObject.name(of: table), version: nil)
            event.table = table
            event.count = count
            event.storeRevision = writer.revision
            writer.events.append(event)
        }
    }

    /// All keys of a subject by the caller's name for it, the newest first.
    mutating func records(of subject: [UInt8], in table: CatalogTable) async throws -> [SubjectKeyRecord] {
        guard (1...SubjectLookup.maximumCount).contains(subject.count) else { throw KeyServiceError.malformed }
        guard let lookup = try await lookup(of: table) else { return [] }
        return try await reader.subjectKeys(of: table.id, lookup: try lookup.hash(of: subject))
    }

    /// A key by its id. One of another table is as unknown as one that never was.
    private func record(
        _ id: ObjectID, in table: CatalogTable
    ) async throws -> (record: SubjectKeyRecord, lookup: [UInt8]) {
        guard let record = try await reader.subjectKey(id), record.table == table.id, let lookup = record.lookup else {
            throw KeyServiceError.unknownSubject
        }
        return (record, lookup)
    }

    /// A version of the subject-wrapping key, opened.
    mutating func wrappingKey(_ record: KeyRecord) async throws -> SharedSecret {
        if let key = wrappingKeys[record.version] { return key }
        let parent = try await authority.open(try await reader.parent(of: record), reader: reader)
        let key = SharedSecret(try KeyMaking.open(record, under: parent.bytes))
        wrappingKeys[record.version] = key
        return key
    }

    private mutating func entry(_ name: FieldName) async throws -> CatalogEntry {
        if let entry = entries[name] { return entry }
        guard let entry = try await reader.field(name) else { throw KeyServiceError.unknownField }
        entries[name] = entry
        return entry
    }

    private mutating func open(_ record: SubjectKeyRecord) async throws -> SecretBytes {
        let object = KeyObject(kind: .subjectWrapping, id: record.table)
        guard let wrapping = try await reader.key(object, version: record.wrapping), wrapping.state.hasKey else {
            throw KeyServiceError.damaged("subject key \(record.id) has no wrapping key")
        }
        return try record.open(under: try await wrappingKey(wrapping).bytes)
    }

    private mutating func seal(_ record: SubjectKeyRecord, to recipient: GrantRecipient) async throws -> [UInt8] {
        guard !record.isErased else { throw KeyServiceError.subjectErased }
        return try recipient.seal(try await open(record), context: KeyAgreement.subjectContext(record.id))
    }

    /// Nil where the table has no subject yet.
    private mutating func lookup(of table: CatalogTable) async throws -> SubjectLookup? {
        if let known = lookups[table.id] { return known }
        guard let record = try await reader.lookupKey(of: table.id) else {
            // Subjects that cannot be found any more are no reason to make their keys anew.
            guard try await reader.hasSubjectKeys(of: table.id) else { return nil }
            throw KeyServiceError.damaged("table \(table.id) has lost the key of its subjects' hashes")
        }
        let lookup = try SubjectLookup(key: try await open(record), table: table.id)
        lookups[table.id] = lookup
        return lookup
    }

    private func insert(
        lookup: [UInt8]?, of table: CatalogTable, under wrapping: OpenWrapping, writer: StoreWriter
    ) async throws {
        let key = try SecretBytes.random(count: KeyDerivation.keyCount)
        let id = ObjectID.random()
        let identity = SubjectKeyIdentity(id: id, table: table.id, wrapping: wrapping.version)
        let record = SubjectKeyRecord(
            id: id, table: table.id, lookup: lookup, wrapping: wrapping.version,
            encryptedKey: try KeyWrapping(under: wrapping.key.bytes).wrap(key, as: identity),
            createdUnixUs: writer.nowUnixUs, erasedUnixUs: nil, revision: 0)
        _ = try await writer.insert(record)
    }

    private typealias OpenWrapping = (version: KeyVersion, key: SharedSecret)

    /// The table's active subject-wrapping key, opened; made where there is none.
    private mutating func activeWrappingKey(
        of table: CatalogTable, writer: StoreWriter, context: CallContext
    ) async throws -> OpenWrapping {
        let object = KeyObject(kind: .subjectWrapping, id: table.id)
        if let record = try await reader.activeKey(object) {
            return (record.version, try await wrappingKey(record))
        }
        let dek = try await authority.activeDEK(of: table, writer: writer, context: context)
        let made = try KeyMaking.makeChild(
            of: dek, for: object,
            rotationCount: try await reader.nextRotationCounts(ofInactive: [object])[object] ?? 0,
            atUnixUs: writer.nowUnixUs)
        try await writer.create(made.record, called: SubjectObject.name(of: table.name), field: nil, context)
        let key = SharedSecret(try made.key.copy())
        wrappingKeys[made.record.version] = key
        return (made.record.version, key)
    }
}

extension KeyServiceError {
    /// The error as the result of one item of a batch; what concerns the whole service ends the call.
    func ofOneItem() throws -> KeyServiceError {
        guard code != .unavailable, code != .cancelled, code != .aborted else { throw self }
        return self
    }
}
