import FieldsealCrypto
import FieldsealPostgres

extension StoreReader {
    /// What is to be re-encrypted, the most urgent first.
    func reencryptionRequests() async throws -> [ReencryptionRequest] {
        let rows = try await connection.query(
            """
            SELECT \(ReencryptionRequest.columns) FROM reencryption_requests ORDER BY priority DESC, created_at, field_id
            """)
        return try rows.map { row in
            let request = try ReencryptionRequest(row)
            try verify(row, request.canonical(revision: try row.revision()), "the request to re-encrypt")
            return request
        }
    }

    /// Compromised versions of a field under which values may be left.
    func versionsToLeave(_ field: ObjectID) async throws -> [KeyRecord] {
        guard let lifecycle = try await fields(where: "id = \(field.uuid)").first?.lifecycle else { return [] }
        return ReencryptionRequest.versions(
            toLeave: try await versions(of: KeyObject(kind: .fek, id: field), limit: Int(Int32.max)),
            lifecycle: lifecycle, censuses: try await censuses(of: field))
    }

    /// The open requests, with what the censuses know of the values that are left.
    func reencryptions(_ names: KeyNames) async throws -> [Reencryption] {
        var open: [Reencryption] = []
        for request in try await reencryptionRequests() {
            let versions = try await versionsToLeave(request.fieldID)
            open.append(
                Reencryption(
                    name: names.name(of: KeyObject(kind: .fek, id: request.fieldID)), request: request,
                    versions: versions.map(\.version), count: try await count(of: versions, in: request.fieldID)))
        }
        return open
    }
}

/// A request to re-encrypt as people see it.
struct Reencryption: Sendable {
    var name: String
    var request: ReencryptionRequest
    var versions: [KeyVersion]
    /// Nil where a place was never counted.
    var count: AffectedObject.Count?
}

extension StoreWriter {
    func write(_ request: ReencryptionRequest) async throws {
        let mac = try reader.mac.authenticate(request.canonical(revision: revision))
        try await connection.query(
            """
            INSERT INTO reencryption_requests (field_id, reason, priority, created_at, revision, row_mac)
            VALUES (
                \(request.fieldID.uuid), \(request.reason.rawValue), \(request.priority),
                \(PostgresTimestamp(unixMicroseconds: request.createdUnixUs)), \(Int64(revision)), \(mac))
            ON CONFLICT (field_id) DO UPDATE SET reason = excluded.reason, priority = excluded.priority,
                created_at = excluded.created_at, revision = excluded.revision, row_mac = excluded.row_mac
            """)
        wrote(.reencryption, id: request.fieldID, mac: mac)
    }

    /// Takes the request to re-encrypt a field back, if there is one and it is met.
    func closeReencryption(of field: ObjectID) async throws {
        guard try await reader.versionsToLeave(field).isEmpty else { return }
        let deleted = try await connection.query(
            "DELETE FROM reencryption_requests WHERE field_id = \(field.uuid)")
        if deleted.affected > 0 { removed(.reencryption, id: field) }
    }
}

extension ReencryptionRequest {
    static let columns: PostgresQuery = "field_id, reason, priority, created_at, revision, row_mac"

    init(_ row: PostgresRow) throws {
        guard let reason = Reason(rawValue: try row.value("reason")) else { throw row.unreadable("reason") }
        self.init(
            fieldID: try row.objectID("field_id"), reason: reason, priority: try row.value("priority"),
            createdUnixUs: try row.microseconds("created_at"))
    }
}
