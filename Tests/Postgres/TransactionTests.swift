import FieldsealPostgres
import Testing

@Suite("Transactions", .enabled(if: TestDatabase.isConfigured))
struct TransactionTests {
    struct Refusal: Error {}

    @Test func anErrorRollsBack() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            await #expect(throws: Refusal.self) {
                try await database.pool.withTransaction { connection async throws in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    throw Refusal()
                }
            }
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
        }
    }

    @Test func aSwallowedErrorDoesNotPassForACommit() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { connection async throws in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    _ = try? await connection.query("SELECT 1/0")
                }
            }
            #expect(error?.code == .server)
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
        }
    }

    @Test func cancellationRollsBackAndTheConnectionIsLentAgain() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            let task = Task {
                try await database.pool.withTransaction { connection async throws in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    try await connection.query("SELECT pg_sleep(60) /* in transaction */")
                }
            }
            try await eventually { try await isRunning("in transaction", database.pool) }
            task.cancel()
            await #expect(throws: PostgresError.self) { try await task.value }
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
        }
    }

    @Test func whatOpensItIsPartOfIt() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            let opening: [PostgresQuery] = [
                "INSERT INTO t VALUES (7) RETURNING n", "SELECT current_setting('transaction_isolation') AS level",
            ]
            await #expect(throws: Refusal.self) {
                try await database.pool.withTransaction(.serializable, opening: opening) { _, rows async throws in
                    #expect(try rows.map(\.count) == [1, 1] && rows[0][0].value("n", as: Int32.self) == 7)
                    #expect(try rows[1][0].value("level", as: String.self) == "serializable")
                    throw Refusal()
                }
            }
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction(opening: opening + ["SELECT 1/0"]) { _, _ async throws in
                    Issue.record("what opens it had failed")
                }
            }
            #expect(error?.sqlState?.rawValue == "22012")
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
        }
    }

    /// The thread on which the task runs goes with its connection.
    @Test func aTaskOutlivesItsConnection() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            await #expect(throws: Refusal.self) {
                try await database.pool.withTransaction { connection async throws in
                    let end: PostgresQuery = "SELECT pg_terminate_backend(pg_backend_pid())"
                    #expect(await Self.failure(of: end, connection)?.code == .connectionLost)
                    for _ in 0..<3 {
                        await Task.yield()
                        #expect(await Self.failure(of: "SELECT 1", connection)?.code == .connectionLost)
                        let numbers = await withTaskGroup { group in
                            for number in 0..<10 { group.addTask { number } }
                            return await group.reduce(0, +)
                        }
                        #expect(numbers == 45)
                    }
                    throw Refusal()
                }
            }
            #expect(try await database.pool.query("SELECT 1 AS n").single().value("n", as: Int32.self) == 1)
        }
    }

    private static func failure(of query: PostgresQuery, _ connection: PostgresConnection) async -> PostgresError? {
        do throws(PostgresError) {
            try await connection.query(query)
            return nil
        } catch {
            return error
        }
    }

    @Test func serializationFailuresStartAnew() async throws {
        try await TestDatabase.with(connections: 4) { database async throws in
            try await database.pool.query("CREATE TABLE counter (n bigint)")
            try await database.pool.query("INSERT INTO counter VALUES (0)")
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await database.pool.withTransaction(.serializable, attempts: 100) {
                                connection async throws in
                                let n: Int = try await connection.query("SELECT n FROM counter").single().value("n")
                                try await connection.query("UPDATE counter SET n = \(n + 1)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.pool.query("SELECT n FROM counter").single().value("n") == 40)
        }
    }

    @Test func withoutAttemptsLeftTheFailureIsClassified() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            try await database.pool.query("CREATE TABLE counter (n bigint)")
            try await database.pool.query("INSERT INTO counter VALUES (0)")
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction(.repeatableRead, attempts: 1) { connection async throws in
                    try await connection.query("SELECT n FROM counter")
                    try await database.pool.query("UPDATE counter SET n = n + 1")
                    try await connection.query("UPDATE counter SET n = n + 1")
                }
            }
            #expect(error?.isRetryable == true)
        }
    }

    @Test func aDeadlockEndsForBoth() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            try await database.pool.query("CREATE TABLE pair (id int PRIMARY KEY, n int)")
            try await database.pool.query("INSERT INTO pair VALUES (1, 0), (2, 0)")
            try await withThrowingTaskGroup { group in
                for order in [[1, 2], [2, 1]] {
                    group.addTask {
                        try await database.pool.withTransaction { connection async throws in
                            try await connection.query("SET LOCAL deadlock_timeout = '10ms'")
                            for id in order {
                                try await connection.query("UPDATE pair SET n = n + 1 WHERE id = \(id)")
                                try await connection.query("SELECT pg_sleep(0.02)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.pool.query("SELECT sum(n)::int AS n FROM pair").single().value("n") == 4)
        }
    }

    @Test func aConnectionThatBreaksBeforeCommitStartsAnewAndCountsOnce() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            var attempts = 0
            try await database.pool.withTransaction { connection async throws in
                attempts += 1
                try await connection.query("INSERT INTO t VALUES (1)")
                if attempts == 1 { _ = try? await connection.query("SELECT pg_terminate_backend(pg_backend_pid())") }
                try await connection.query("INSERT INTO t VALUES (2)")
            }
            #expect(attempts == 2)
            #expect(try await database.pool.query("SELECT n FROM t").count == 2)
        }
    }

    @Test func aCommitDuringWhichTheConnectionBreaksIsUnknown() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            try await database.pool.withConnection { connection async throws in
                try await connection.script(
                    """
                    CREATE TABLE t (n int);
                    CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END';
                    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION leave()
                    """)
            }
            var attempts = 0
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withTransaction { connection in
                    attempts += 1
                    try await connection.query("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.code == .commitUnknown)
            #expect(attempts == 1)
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
        }
    }

    @Test func whatIsPostedGoesWithTheNextStatementOrWithCommit() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            try await database.pool.withTransaction { connection async throws in
                try await connection.post("INSERT INTO t VALUES (1)")
                #expect(try await connection.query("SELECT n FROM t").count == 1)
                try await connection.post("INSERT INTO t VALUES (2)")
                #expect(try await connection.pipeline(["SELECT n FROM t", "SELECT 7 AS n"]).map(\.count) == [2, 1])
                try await connection.post("INSERT INTO t VALUES (3)")
                try await connection.script("UPDATE t SET n = n + 10")
                try await connection.post("DELETE FROM t WHERE n = 11")
                let rows: [[PostgresValue]] = [[.int32(14)]]
                #expect(try await connection.copy(rows, into: "t", columns: ["n"]) == 1)
                try await connection.post("INSERT INTO t VALUES (15)")
            }
            let numbers = try await database.pool.query("SELECT n FROM t ORDER BY n").map {
                try $0.value("n", as: Int32.self)
            }
            #expect(numbers == [12, 13, 14, 15])
        }
    }

    @Test func aFailureOfWhatIsPostedUndoesTheTransaction() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int PRIMARY KEY)")
            for _ in 0..<3 {
                let failed = await #expect(throws: PostgresError.self) {
                    try await database.pool.withTransaction { connection async throws in
                        try await connection.query("INSERT INTO t VALUES (1)")
                        try await connection.post("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(failed?.sqlState == .uniqueViolation)
                await #expect(throws: Refusal.self) {
                    try await database.pool.withTransaction { connection async throws in
                        try await connection.post("INSERT INTO t VALUES (2)")
                        throw Refusal()
                    }
                }
            }
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
            // Outside a transaction nothing would send it.
            try await database.pool.withConnection { try await $0.post("INSERT INTO t VALUES (3)") }
            #expect(try await database.pool.query("SELECT n FROM t").count == 1)
        }
    }

    @Test func whatIsPostedIsNotCommittedForACancelledTask() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            let task = Task {
                try await database.pool.withTransaction { connection async throws in
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await connection.post("INSERT INTO t VALUES (1)")
                }
            }
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(try await database.pool.query("SELECT n FROM t").isEmpty)
        }
    }

    @Test func anotherNumberOfRowsFails() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.query("CREATE TABLE t (n int)")
            try await database.pool.query("INSERT INTO t VALUES (1), (2)")
            let update: PostgresQuery = "UPDATE t SET n = n + 10 WHERE n < \(10)"
            for (count, isRight) in [(1, false), (3, false), (0, false), (2, true), (1, false), (0, true)] {
                do {
                    try await database.pool.withTransaction { try await $0.post(update.affecting(exactly: count)) }
                    #expect(isRight, "\(count)")
                } catch let error as PostgresError {
                    #expect(!isRight && error.sqlState == .otherCount, "\(count)")
                }
            }
            #expect(try await database.pool.query("SELECT n FROM t WHERE n IN (11, 12)").count == 2)
        }
    }

    @Test func aConnectionLeftInATransactionIsNotLentAgain() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            let process = try await database.pool.withConnection { connection async throws in
                try await connection.query("BEGIN")
                return try await connection.query("SELECT pg_backend_pid() AS pid").single().value("pid", as: Int.self)
            }
            #expect(try await processID(database.pool) != process)
        }
    }

    @Test func aConnectionKeptBeyondItsLoanIsClosed() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            let kept = try await database.pool.withConnection { $0 }
            let error = await #expect(throws: PostgresError.self) { try await kept.query("SELECT 1") }
            #expect(error?.code == .closed)
            // Nor does it take anything for the transaction of who has the loan now.
            try await database.pool.withTransaction { _ in
                let error = await #expect(throws: PostgresError.self) { try await kept.post("SELECT 1") }
                #expect(error?.code == .closed)
            }
        }
    }
}
