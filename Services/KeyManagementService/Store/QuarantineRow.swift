import FieldsealCrypto
import FieldsealPostgres

extension StoreReader {
    func quarantine(_ rows: PostgresRows) throws -> Quarantine? {
        guard let row = rows.first else { return nil }
        let quarantine = try Quarantine(row)
        try verify(row, quarantine.canonical(revision: try row.revision()), "the quarantine")
        return quarantine
    }
}

extension StoreWriter {
    /// The store serves nothing from here on, on any replica, until the restore is accepted.
    func write(_ quarantine: Quarantine) async throws {
        let mac = try reader.mac.authenticate(quarantine.canonical(revision: revision))
        try await connection.query("DELETE FROM store_quarantine")
        try await connection.query(
            """
            INSERT INTO store_quarantine (store_id, since, backup_revision, reason, revision, row_mac)
            VALUES (
                \(quarantine.storeID.uuid), \(PostgresTimestamp(unixMicroseconds: quarantine.sinceUnixUs)),
                \(Int64(clamping: quarantine.backupRevision)), \(quarantine.reason.rawValue), \(Int64(revision)), \(mac))
            """)
        wrote(.quarantine, id: quarantine.storeID, mac: mac)
    }

    func liftQuarantine() async throws {
        let deleted = try await connection.query("DELETE FROM store_quarantine")
        if deleted.affected > 0 { removed(.quarantine, id: storeID) }
    }
}

extension Quarantine {
    static let columns: PostgresQuery = "store_id, since, backup_revision, reason, revision, row_mac"

    init(_ row: PostgresRow) throws {
        guard let backup = UInt64(exactly: try row.value("backup_revision", as: Int64.self)) else {
            throw row.unreadable("backup_revision")
        }
        guard let reason = Reason(rawValue: try row.value("reason")) else { throw row.unreadable("reason") }
        self.init(
            storeID: try row.objectID("store_id"), sinceUnixUs: try row.microseconds("since"), backupRevision: backup,
            reason: reason)
    }
}
