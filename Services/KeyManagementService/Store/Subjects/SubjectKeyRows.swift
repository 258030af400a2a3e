import FieldsealCrypto
import FieldsealPostgres

extension SubjectKeyRecord {
    static let columns: PostgresQuery = """
        id, table_id, lookup, wrapping_version, encrypted_key, created_at, erased_at, compromised_at, revision, row_mac
        """

    init(_ row: PostgresRow) throws {
        guard let wrapping = KeyVersion(column: try row.value("wrapping_version")) else {
            throw row.unreadable("wrapping_version")
        }
        self.init(
            id: try row.objectID("id"), table: try row.objectID("table_id"), lookup: try row.optional("lookup"),
            wrapping: wrapping, encryptedKey: try row.value("encrypted_key"),
            createdUnixUs: try row.microseconds("created_at"), erasedUnixUs: try row.optionalMicroseconds("erased_at"),
            compromisedUnixUs: try row.optionalMicroseconds("compromised_at"), revision: try row.revision())
    }

    func insertion(mac: [UInt8]) -> PostgresQuery {
        """
        INSERT INTO subject_keys (
            id, table_id, lookup, wrapping_version, encrypted_key, created_at, erased_at, compromised_at, revision,
            row_mac)
        VALUES (
            \(id.uuid), \(table.uuid), \(lookup), \(wrapping.column), \(encryptedKey),
            \(PostgresTimestamp(unixMicroseconds: createdUnixUs)),
            \(erasedUnixUs.flatMap(PostgresTimestamp.init(unixMicroseconds:))),
            \(compromisedUnixUs.flatMap(PostgresTimestamp.init(unixMicroseconds:))), \(Int64(revision)), \(mac))
        """
    }

    /// What can change in a row; `revision` guards it against another writer.
    func update(mac: [UInt8], expecting revision: UInt64) -> PostgresQuery {
        """
        UPDATE subject_keys SET
            wrapping_version = \(wrapping.column), encrypted_key = \(encryptedKey),
            erased_at = \(erasedUnixUs.flatMap(PostgresTimestamp.init(unixMicroseconds:))),
            compromised_at = \(compromisedUnixUs.flatMap(PostgresTimestamp.init(unixMicroseconds:))),
            revision = \(Int64(self.revision)), row_mac = \(mac)
        WHERE id = \(id.uuid) AND revision = \(Int64(revision))
        """
    }
}

extension StoreReader {
    func subjectKey(_ id: ObjectID) async throws -> SubjectKeyRecord? {
        try await subjectKeys("id = \(id.uuid)").first
    }

    /// The key of the hashes of a table's subjects.
    func lookupKey(of table: ObjectID) async throws -> SubjectKeyRecord? {
        try await subjectKeys("table_id = \(table.uuid) AND lookup IS NULL").first
    }

    /// All keys that a subject ever had, the newest first.
    /// - Parameter lookup: the subject's hash.
    func subjectKeys(of table: ObjectID, lookup: [UInt8]) async throws -> [SubjectKeyRecord] {
        try await subjectKeys(
            """
            table_id = \(table.uuid) AND lookup = \(lookup)
            ORDER BY compromised_at DESC NULLS FIRST, created_at DESC, id
            """)
    }

    /// The key that stands for a subject; nil where it has none yet, or only compromised ones.
    func currentSubjectKey(of table: ObjectID, lookup: [UInt8]) async throws -> SubjectKeyRecord? {
        try await subjectKeys(of: table, lookup: lookup).first(where: \.isCurrent)
    }

    func hasSubjectKeys(of table: ObjectID) async throws -> Bool {
        try await connection.query("SELECT EXISTS (SELECT FROM subject_keys WHERE table_id = \(table.uuid)) AS found")
            .single().value("found", as: Bool.self)
    }

    /// Rows that hold a key wrapped under this version.
    func subjectKeys(wrappedUnder version: KeyVersion) async throws -> [SubjectKeyRecord] {
        try await subjectKeys("wrapping_version = \(version.column) AND erased_at IS NULL ORDER BY id")
    }

    private func subjectKeys(_ condition: PostgresQuery) async throws -> [SubjectKeyRecord] {
        try await connection.query("SELECT \(SubjectKeyRecord.columns) FROM subject_keys WHERE \(condition)").map {
            row in
            let record = try SubjectKeyRecord(row)
            try verify(row, record.canonical, "subject key \(record.id)")
            return record
        }
    }
}

extension StoreWriter {
    func insert(_ record: SubjectKeyRecord) async throws -> SubjectKeyRecord {
        var stamped = record
        stamped.revision = revision
        let mac = try reader.mac.authenticate(stamped.canonical)
        try await reader.connection.query(stamped.insertion(mac: mac))
        wrote(.subjectKeys, id: record.id, mac: mac)
        return stamped
    }

    /// Writes a new content of a row that was read before; where it is another by now, the transaction ends in
    /// `KeyServiceError.conflict`.
    func update(_ record: SubjectKeyRecord) async throws -> SubjectKeyRecord {
        var stamped = record
        stamped.revision = revision
        let mac = try reader.mac.authenticate(stamped.canonical)
        try await connection.post(stamped.update(mac: mac, expecting: record.revision).affecting(exactly: 1))
        wrote(.subjectKeys, id: record.id, mac: mac)
        return stamped
    }

    /// Marks the keys of subjects that stand under a compromised version. The key of their hashes stays: nobody could tell
    /// which subject a hash of another one stands for.
    func markSubjects(under version: KeyVersion) async throws {
        for record in try await reader.subjectKeys(wrappedUnder: version)
        where record.lookup != nil && !record.isCompromised {
            _ = try await update(record.markedCompromised(atUnixUs: nowUnixUs))
            notices.subjectsSuperseded()
        }
    }
}
