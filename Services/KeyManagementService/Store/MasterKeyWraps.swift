import FieldsealCrypto
import FieldsealPostgres

extension MasterKeyWrap {
    static let columns: PostgresQuery = """
        id, version, custodian, provider, algorithm, wrapped, added_at, drilled_at, drill_outcome, revision, row_mac
        """

    init(_ row: PostgresRow) throws {
        guard let version = KeyVersion(column: try row.value("version")) else { throw row.unreadable("version") }
        var drill: Drill?
        if let time = try row.optionalMicroseconds("drilled_at") {
            drill = Drill(unixUs: time, outcome: try row.value("drill_outcome"))
        }
        self.init(
            id: try row.objectID("id"), version: version, custodian: try row.value("custodian"),
            provider: try row.value("provider"), algorithm: try row.value("algorithm"),
            wrapped: try row.value("wrapped"), addedUnixUs: try row.microseconds("added_at"), drill: drill,
            revision: try row.revision())
    }

    /// Read before there is a key to verify them with: whoever uses them verifies them right after.
    static func unverified(of version: KeyVersion, _ connection: PostgresConnection) async throws -> [MasterKeyWrap] {
        try await connection.query(
            "SELECT \(columns) FROM master_key_wraps WHERE version = \(version.column) LIMIT 1000"
        ).map { try MasterKeyWrap($0) }
    }
}

extension StoreReader {
    /// A master key with its wraps.
    ///
    /// - Throws: `KeyServiceError.damaged` where a wrap is missing, one too many, or not authentic.
    func master(_ record: KeyRecord) async throws -> StoredMaster {
        let rows = try await connection.query(
            "SELECT \(MasterKeyWrap.columns) FROM master_key_wraps WHERE version = \(record.version.column)")
        let wraps = try rows.map { row in
            let wrap = try MasterKeyWrap(row)
            try verify(row, wrap.canonical, "wrap \(wrap.id)")
            return wrap
        }
        return try StoredMaster(record, wraps: wraps)
    }

    func activeMaster(of store: ObjectID) async throws -> StoredMaster {
        guard let record = try await activeKey(KeyObject(kind: .master, id: store)) else {
            throw KeyServiceError.damaged("no active master key")
        }
        return try await master(record)
    }

    /// Every version of the master key that still has its key, the newest first.
    func masters(of store: ObjectID) async throws -> [StoredMaster] {
        var masters: [StoredMaster] = []
        for record in try await versions(of: KeyObject(kind: .master, id: store), limit: Int(Int32.max))
        where record.state.hasKey {
            masters.append(try await master(record))
        }
        return masters
    }
}

extension StoreWriter {
    func insert(_ wrap: MasterKeyWrap) async throws {
        var wrap = wrap
        wrap.revision = revision
        let mac = try reader.mac.authenticate(wrap.canonical)
        try await reader.connection.query(
            """
            INSERT INTO master_key_wraps (\(MasterKeyWrap.columns)) VALUES (
                \(wrap.id.uuid), \(wrap.version.column), \(wrap.custodian), \(wrap.provider), \(wrap.algorithm),
                \(wrap.wrapped), \(PostgresTimestamp(unixMicroseconds: wrap.addedUnixUs)),
                \(wrap.drill.flatMap { PostgresTimestamp(unixMicroseconds: $0.unixUs) }), \(wrap.drill?.outcome),
                \(Int64(revision)), \(mac))
            """)
        wrote(.masterKeyWraps, id: wrap.id, mac: mac)
    }

    /// Writes what a drill found.
    func update(_ wrap: MasterKeyWrap) async throws {
        var stamped = wrap
        stamped.revision = revision
        let mac = try reader.mac.authenticate(stamped.canonical)
        let update: PostgresQuery = """
            UPDATE master_key_wraps SET
                drilled_at = \(stamped.drill.flatMap { PostgresTimestamp(unixMicroseconds: $0.unixUs) }),
                drill_outcome = \(stamped.drill?.outcome), revision = \(Int64(revision)), row_mac = \(mac)
            WHERE id = \(wrap.id.uuid) AND revision = \(Int64(wrap.revision))
            """
        try await connection.post(update.affecting(exactly: 1))
        wrote(.masterKeyWraps, id: wrap.id, mac: mac)
    }

    func delete(_ wrap: MasterKeyWrap) async throws {
        let deletion: PostgresQuery =
            "DELETE FROM master_key_wraps WHERE id = \(wrap.id.uuid) AND revision = \(Int64(wrap.revision))"
        try await connection.post(deletion.affecting(exactly: 1))
        removed(.masterKeyWraps, id: wrap.id)
    }

    /// A destroyed master key leaves no wrap behind.
    func deleteWraps(of version: KeyVersion) async throws {
        let rows = try await reader.connection.query(
            "SELECT \(MasterKeyWrap.columns) FROM master_key_wraps WHERE version = \(version.column)")
        for row in rows { try await delete(try MasterKeyWrap(row)) }
    }
}
