import FieldsealAuditTrail
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import Synchronization

@testable import KeyManagementService

/// An audit log that remembers what a store's outbox told it.
final class TestHistory: AuditHistory {
    private struct State {
        var events: [Proto.Event] = []
        var isReachable = true
    }

    private let state = Mutex(State())

    var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set { state.withLock { $0.isReachable = newValue } }
    }

    /// Takes what waits in the outbox, as the relay and the shipper do.
    func ship(_ pool: PostgresPool) async throws {
        let events = try await pool.query("DELETE FROM audit_outbox RETURNING position, event").map { row in
            (
                try row.value("position", as: Int64.self),
                try Proto.Event(decoding: try row.value("event", as: [UInt8].self))
            )
        }
        state.withLock { $0.events += events.sorted { $0.0 < $1.0 }.map(\.1) }
    }

    func storeRevision() async throws -> UInt64 {
        try state.withLock { state in
            guard state.isReachable else { throw RPCStatus.unavailable("no route") }
            return state.events.map(\.storeRevision).max() ?? 0
        }
    }

    func changes(above revision: UInt64, from start: Int64) async throws -> [Proto.Event] {
        try state.withLock { state in
            guard state.isReachable else { throw RPCStatus.unavailable("no route") }
            return state.events.filter { $0.storeRevision > revision && $0.lastUnixUs >= start }
        }
    }
}

extension TestStore {
    /// What a database administrator does with `pg_dump` and `pg_restore`: all rows of all tables.
    func copy(to name: String) async throws {
        try await administer { connection in
            try await connection.script("CREATE SCHEMA \(name)")
            for table in try await Self.tables(connection) {
                try await connection.script("CREATE TABLE \(name).\(table) AS TABLE public.\(table)")
            }
        }
    }

    func restore(_ name: String) async throws {
        try await administer { connection in
            let tables = try await Self.tables(connection)
            let copies = tables.map { "INSERT INTO public.\($0) OVERRIDING SYSTEM VALUE SELECT * FROM \(name).\($0);" }
            try await connection.script(
                """
                BEGIN; SET LOCAL session_replication_role = replica;
                TRUNCATE \(tables.map { "public.\($0)" }.joined(separator: ", "));
                \(copies.joined(separator: " ")) COMMIT
                """)
        }
    }

    func administer(_ body: @Sendable (PostgresConnection) async throws -> Void) async throws {
        let pool = try pool(connections: 1)
        try await pool.withConnection { try await body($0) }
        await pool.close()
    }

    private static func tables(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'"
        ).map { try $0.value("tablename") }
    }
}
