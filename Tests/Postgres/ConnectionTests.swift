import FieldsealPostgres
import Testing

@Suite("Connections", .enabled(if: TestDatabase.isConfigured))
struct ConnectionTests {
    @Test func errorsCarryTheirStateAndNotTheirValues() async throws {
        try await TestDatabase.with { database async throws in
            try await database.pool.query("CREATE TABLE t (v text CONSTRAINT only_once UNIQUE)")
            try await database.pool.query("INSERT INTO t VALUES (\("canary"))")
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.query("INSERT INTO t VALUES (\("canary"))")
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(error?.constraint == "only_once")
            let cast = await #expect(throws: PostgresError.self) {
                try await database.pool.query("SELECT \("canary")::int")
            }
            #expect(cast?.sqlState == SQLState(rawValue: "22P02"))
            #expect(cast.map { "\($0)".contains("canary") } == false)
        }
    }

    @Test func aStatementThatTakesTooLongIsCancelledAndTheConnectionLivesOn() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            let process = try await processID(database.pool)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.query("SELECT pg_sleep(30)", timeout: .milliseconds(50))
            }
            #expect(error?.code == .timeout)
            #expect(try await processID(database.pool) == process)
        }
    }

    @Test func cancellingTheTaskCancelsTheStatement() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            let task = Task { try await database.pool.query("SELECT pg_sleep(60) /* cancel me */") }
            try await eventually { try await isRunning("cancel me", database.pool) }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await eventually { try await !isRunning("cancel me", database.pool) }
        }
    }

    @Test func aPipelineAnswersInOrder() async throws {
        try await TestDatabase.with { database async throws in
            let answers = try await database.pool.withConnection { connection async throws in
                try await connection.pipeline((0..<500).map { "SELECT \($0) AS n" })
            }
            #expect(try answers.map { try $0.single().value("n", as: Int.self) } == Array(0..<500))
        }
    }

    @Test func aFailureInAPipelineUndoesAllOfIt() async throws {
        try await TestDatabase.with { database async throws in
            try await database.pool.query("CREATE TABLE t (n int PRIMARY KEY)")
            try await database.pool.withConnection { connection async throws in
                let error = await #expect(throws: PostgresError.self) {
                    _ = try await connection.pipeline([
                        "INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(2))",
                    ])
                }
                #expect(error?.sqlState == .uniqueViolation)
                #expect(try await connection.query("SELECT n FROM t").isEmpty)
            }
        }
    }

    @Test func largeValuesGoBothWays() async throws {
        try await TestDatabase.with { database async throws in
            let bytes = [UInt8](repeating: 0xa5, count: 20_000_000)
            let answers = try await database.pool.withConnection { connection async throws in
                try await connection.pipeline([
                    "SELECT \(bytes) AS b", "SELECT length(\(bytes)) AS n", "SELECT \(bytes) AS b",
                ])
            }
            #expect(try answers[0].single().value("b") == bytes)
            #expect(try answers[1].single().value("n") == bytes.count)
            #expect(try answers[2].single().value("b") == bytes)
        }
    }

    @Test func copyInsertsManyRows() async throws {
        try await TestDatabase.with { database async throws in
            try await database.pool.query("CREATE TABLE t (n bigint, name text, data bytea)")
            let rows: [[PostgresValue]] = (0..<20_000).map {
                [
                    .int64($0), $0 % 3 == 0 ? .null(.text) : .text("name \($0)"),
                    .bytes([UInt8](repeating: 7, count: 40)),
                ]
            }
            try await database.pool.withConnection { connection async throws in
                #expect(try await connection.copy(rows, into: "t", columns: ["n", "name", "data"]) == 20_000)
                let sum = try await connection.query("SELECT sum(n)::bigint AS s, count(name) AS names FROM t").single()
                #expect(try sum.value("s") == 19_999 * 10_000)
                #expect(try sum.value("names") == 13_333)
            }
        }
    }

    @Test func aCopyThatTheServerRefusesLeavesNothingAndAUsableConnection() async throws {
        try await TestDatabase.with { database async throws in
            try await database.pool.query("CREATE TABLE t (n bigint PRIMARY KEY)")
            try await database.pool.withConnection { connection async throws in
                let twice = await #expect(throws: PostgresError.self) {
                    _ = try await connection.copy([[.int64(1)], [.int64(1)]], into: "t", columns: ["n"])
                }
                #expect(twice?.sqlState == .uniqueViolation)
                let absent = await #expect(throws: PostgresError.self) {
                    _ = try await connection.copy([[.int64(1)]], into: "absent", columns: ["n"])
                }
                #expect(absent?.sqlState == .undefinedTable)
                #expect(try await connection.query("SELECT n FROM t").isEmpty)
            }
        }
    }

    @Test func copyOutIsRefusedAndTheConnectionGivenUp() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            await #expect(throws: PostgresError.self) { try await database.pool.query("COPY (SELECT 1) TO STDOUT") }
            #expect(try await database.pool.query("SELECT 1 AS n").single().value("n") == 1)
        }
    }
}

func processID(_ pool: PostgresPool) async throws -> Int {
    try await pool.query("SELECT pg_backend_pid() AS pid").single().value("pid")
}

func isRunning(_ marker: String, _ pool: PostgresPool) async throws -> Bool {
    try await !pool.query(
        """
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE \("%\(marker)%")
        """
    ).isEmpty
}
