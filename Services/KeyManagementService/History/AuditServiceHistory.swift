import FieldsealMessages
import FieldsealRPCTransport

/// The history that the audit service keeps. Only what was logged under this service's own certificate counts.
struct AuditServiceHistory: AuditHistory {
    private static let service = "fieldseal.v1.Audit"
    /// Events of a page.
    private static let page: UInt32 = 1_000
    /// Changes of one restore; more are refused rather than held.
    static let maximumChanges = 200_000

    /// What changes a key, a subject or the catalog. Leases are not read: all of their versions count as spent.
    static let operations: [Proto.Operation] = [
        .createKey, .rotateKey, .rollbackRotation, .compromiseKey, .destroyKey, .forceDestruction, .eraseSubject,
        .applyCatalog, .retireKey, .restoreKey,
    ]

    let client: RPCClient
    /// Of this service: the producer of its events.
    let identity: String

    func storeRevision() async throws -> UInt64 {
        let response: Proto.StoreRevisionResponse = try await call("StoreRevision", Proto.StoreRevisionRequest())
        return response.revision
    }

    func changes(above revision: UInt64, from start: Int64) async throws -> [Proto.Event] {
        var query = Proto.QueryRequest(
            fromUnixUs: max(0, start), operations: Self.operations, outcome: .success, pageSize: Self.page)
        var changes: [Proto.Event] = []
        repeat {
            let page: Proto.QueryResponse = try await call("Query", query)
            for stored in page.events where stored.producer == identity {
                guard let event = stored.event, event.storeRevision > revision else { continue }
                changes.append(event)
            }
            guard changes.count <= Self.maximumChanges else { throw KeyServiceError.tooMany }
            query.cursor = page.cursor
        } while !query.cursor.isEmpty
        return changes.sorted { $0.storeRevision < $1.storeRevision }
    }

    private func call<Response: ProtoMessage>(_ method: String, _ request: some ProtoMessage) async throws -> Response {
        let reply = try await client.unary(
            service: Self.service, method: method, payload: request.encoded(), timeout: .seconds(20))
        return try Response(decoding: reply, limit: 32 << 20)
    }
}
