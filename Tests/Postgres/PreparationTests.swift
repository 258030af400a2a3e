import FieldsealPostgres
import Testing

@Suite("Prepared statements", .enabled(if: TestDatabase.isConfigured))
struct PreparationTests {
    private func prepared(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query("SELECT statement FROM pg_prepared_statements ORDER BY statement")
            .map { try $0.value("statement", as: String.self) }
    }

    @Test func aStatementThatComesAgainIsPreparedOnce() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.withConnection { connection async throws in
                for number in Int64(0)..<4 {
                    let rows = try await connection.query("SELECT \(number) AS number")
                    #expect(try rows[0].value("number", as: Int64.self) == number)
                }
                #expect(try await self.prepared(connection) == ["SELECT $1 AS number"])
            }
        }
    }

    @Test func aPipelineMayHoldItTwice() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.withConnection { connection async throws in
                let queries = (Int64(0)..<5).map { "SELECT \($0) AS number" as PostgresQuery }
                for _ in 0..<2 {
                    let numbers = try await connection.pipeline(queries).map {
                        try $0[0].value("number", as: Int64.self)
                    }
                    #expect(numbers == [0, 1, 2, 3, 4])
                }
            }
        }
    }

    @Test func whatCouldNotBePreparedIsTriedAgain() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.withConnection { connection async throws in
                for _ in 0..<3 {
                    let error = await #expect(throws: PostgresError.self) {
                        try await connection.query("SELECT n FROM t")
                    }
                    #expect(error?.sqlState == .undefinedTable)
                }
                try await connection.query("CREATE TABLE t (n int)")
                for _ in 0..<3 { #expect(try await connection.query("SELECT n FROM t").isEmpty) }
            }
        }
    }

    @Test func aPipelineThatFailsBeforeItLeavesNothingBehind() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.withConnection { connection async throws in
                try await connection.query("SELECT 1 AS one")
                await #expect(throws: PostgresError.self) {
                    try await connection.pipeline(["SELECT 1/0", "SELECT 1 AS one"])
                }
                for _ in 0..<3 { #expect(try await connection.query("SELECT 1 AS one").count == 1) }
            }
        }
    }

    @Test(arguments: ["DEALLOCATE ALL", "ALTER TABLE t ALTER COLUMN n TYPE bigint"])
    func whatTheServerNoLongerKnowsIsPreparedAnew(change: String) async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.withConnection { connection async throws in
                try await connection.query("CREATE TABLE t (n int)")
                for _ in 0..<3 { try await connection.query("SELECT n FROM t") }
                try await connection.script(change)
                await #expect(throws: PostgresError.self) { try await connection.query("SELECT n FROM t") }
                for _ in 0..<3 { #expect(try await connection.query("SELECT n FROM t").isEmpty) }
            }
        }
    }
}
