import FieldsealPostgres
import Glibc
import Logging
import Testing

@testable import AuditService

/// A log in a database of its own on the server that FIELDSEAL_TEST_POSTGRES names.
struct TestLog {
    static let conninfo = getenv("FIELDSEAL_TEST_POSTGRES").map { String(cString: $0) }
    static var isConfigured: Bool { conninfo != nil }
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let name: String
    let conninfo: String
    let pool: PostgresPool
    let log: EventLog

    static func with(migrated: Bool = true, _ body: (TestLog) async throws -> Void) async throws {
        let server = try #require(conninfo)
        let name = "test_audit_\(UInt64.random(in: 0 ... .max))"
        let administration = try PostgresPool(.init(conninfo: server, maximumConnections: 1), logger: logger)
        try await administration.query("CREATE DATABASE \(identifier: name)")
        let pool = try PostgresPool(
            .init(conninfo: server + " dbname=\(name)", acquireTimeout: .seconds(60)), logger: logger)
        let test = TestLog(
            name: name, conninfo: server + " dbname=\(name)", pool: pool,
            log: EventLog(pool: pool, clock: { 5_000 }, logger: logger))
        var failure: (any Error)?
        do {
            if migrated {
                for migrations in LogPreparation.migrations { try await migrations.apply(to: pool, logger: logger) }
            }
            try await body(test)
        } catch { failure = error }
        await pool.close()
        try await administration.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administration.close()
        if let failure { throw failure }
    }

    /// Whatever the owner of the tables could do who drops the triggers.
    func forge(_ statements: PostgresQuery...) async throws {
        try await pool.withTransaction { connection in
            try await connection.query("SET LOCAL session_replication_role = replica")
            for statement in statements { try await connection.query(statement) }
        }
    }

    /// The log as it was when it had so many blocks.
    func truncate(to size: Int) async throws {
        try await forge(
            "DELETE FROM audit_events WHERE position > \(size)", "DELETE FROM audit_blocks WHERE position > \(size)",
            "DELETE FROM audit_tree_heads WHERE size > \(size)", "DELETE FROM audit_checkpoints WHERE size > \(size)",
            "DELETE FROM audit_cosignatures WHERE size > \(size)")
    }

    func count(_ table: String) async throws -> Int {
        try await pool.query("SELECT count(*) AS n FROM \(identifier: table)").single().value("n")
    }

    /// What a log in this database would be whose clock shows another time.
    func log(at time: Int64) -> EventLog { EventLog(pool: pool, clock: { time }, logger: Self.logger) }

    func findings() async throws -> [String] {
        try await pool.query("SELECT kind FROM audit_findings ORDER BY kind").map { try $0.value("kind") }
    }
}

extension LogMonth {
    /// The oldest there is; its rows go into the first partition.
    static let first = LogMonth(unixMicroseconds: 0)
}
