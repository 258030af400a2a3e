import FieldsealPostgres
import Logging
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A database of one test's own on the server that FIELDSEAL_TEST_POSTGRES names.
struct TestDatabase {
    static let conninfo = getenv("FIELDSEAL_TEST_POSTGRES").map { String(cString: $0) }
    static var isConfigured: Bool { conninfo != nil }

    let name: String
    let conninfo: String
    let logger: Logger
    var pool: PostgresPool

    /// Runs `body` with a fresh database, which is dropped afterwards.
    static func with<Value>(
        connections: Int = 4, statementTimeout: Duration = .seconds(20), _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let server = try #require(conninfo)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let name = "test_\(UInt64.random(in: 0 ... .max))"
        let administration = try PostgresPool(.init(conninfo: server, maximumConnections: 1), logger: logger)
        try await administration.query("CREATE DATABASE \(identifier: name)")
        let conninfo = server + " dbname=\(name)"
        var configuration = PostgresConfiguration(
            conninfo: conninfo, maximumConnections: connections, statementTimeout: statementTimeout)
        // Beside many other tests a connection may take its time.
        configuration.acquireTimeout = .seconds(120)
        let pool = try PostgresPool(configuration, logger: logger)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(TestDatabase(name: name, conninfo: conninfo, logger: logger, pool: pool)))
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        try await administration.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administration.close()
        return try outcome.get()
    }
}

/// Runs the same body until it holds; a test waits on a condition, never for a time.
func eventually(within limit: Duration = .seconds(10), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < end, "the condition did not come true")
        try await Task.sleep(for: .milliseconds(5))
    }
}
