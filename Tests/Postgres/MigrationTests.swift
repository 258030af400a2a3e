import FieldsealPostgres
import Testing

@Suite("Migrations and locks", .enabled(if: TestDatabase.isConfigured))
struct MigrationTests {
    let first = Migration(1, "make t", "CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
    let second = Migration(2, "fill t", "INSERT INTO t VALUES (2)")

    @Test func stepsAreAppliedOnceAndInOrder() async throws {
        try await TestDatabase.with { database async throws in
            let one = Migrations(component: "test", [first])
            let both = Migrations(component: "test", [first, second])
            #expect(try await one.apply(to: database.pool, logger: database.logger) == 1)
            await #expect(throws: PostgresError.self) { try await both.verify(database.pool) }
            #expect(try await both.apply(to: database.pool, logger: database.logger) == 1)
            #expect(try await both.apply(to: database.pool, logger: database.logger) == 0)
            try await both.verify(database.pool)
            #expect(try await numbers(database) == [1, 2])
        }
    }

    @Test func replicasStartedTogetherApplyEachStepOnce() async throws {
        try await TestDatabase.with(connections: 6) { database async throws in
            let migrations = Migrations(component: "test", [first, second])
            let applied = try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask { try await migrations.apply(to: database.pool, logger: database.logger) }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == 2)
            #expect(try await numbers(database) == [1, 2])
        }
    }

    @Test func aFailingStepLeavesNothing() async throws {
        try await TestDatabase.with { database async throws in
            let broken = Migrations(
                component: "test", [first, Migration(2, "broken", "INSERT INTO t VALUES (2); SELECT 1/0")])
            await #expect(throws: PostgresError.self) {
                try await broken.apply(to: database.pool, logger: database.logger)
            }
            #expect(try await numbers(database) == [1])
            let mended = Migrations(component: "test", [first, second])
            #expect(try await mended.apply(to: database.pool, logger: database.logger) == 1)
        }
    }

    @Test func anotherTextOrANewerSchemaIsRefused() async throws {
        try await TestDatabase.with { database async throws in
            try await Migrations(component: "test", [first, second]).apply(to: database.pool, logger: database.logger)
            for foreign in [
                Migrations(component: "test", [first]),
                Migrations(component: "test", [first, Migration(2, "fill t", "INSERT INTO t VALUES (3)")]),
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await foreign.apply(to: database.pool, logger: database.logger)
                }
                #expect(error?.code == .foreignSchema)
            }
            #expect(try await Migrations(component: "other", []).apply(to: database.pool, logger: database.logger) == 0)
        }
    }

    @Test func aLockIsHeldByOne() async throws {
        try await TestDatabase.with(connections: 6) { database async throws in
            try await database.pool.query("CREATE TABLE inside (n int)")
            try await database.pool.query("INSERT INTO inside VALUES (0)")
            try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await database.pool.withConnection { connection async throws in
                            try await connection.withLock("one at a time") { connection async throws in
                                let n: Int = try await connection.query("SELECT n FROM inside").single().value("n")
                                try await connection.query("UPDATE inside SET n = \(n + 1)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.pool.query("SELECT n FROM inside").single().value("n") == 6)
        }
    }

    @Test func aLockOfATransactionEndsWithIt() async throws {
        try await TestDatabase.with(connections: 2) { database async throws in
            let taken = try await database.pool.withTransaction { holder in
                try await holder.lockUntilCommit("name")
                return try await database.pool.withTransaction { try await $0.tryLockUntilCommit("name") }
            }
            #expect(!taken)
            #expect(try await database.pool.withTransaction { try await $0.tryLockUntilCommit("name") })
        }
    }

    @Test func aLockThatIsTakenIsNotWaitedFor() async throws {
        struct Failure: Error {}
        try await TestDatabase.with(connections: 2) { database async throws in
            func attempt() async throws -> Int? {
                try await database.pool.withConnection { try await $0.withLockIfFree("name") { _ in 7 } }
            }
            let inside = try await database.pool.withConnection { holder in
                try await holder.withLockIfFree("name") { _ in try await attempt() }
            }
            #expect(inside == .some(nil))
            #expect(try await attempt() == 7)
            // It is free again, however the body ended.
            await #expect(throws: Failure.self) {
                try await database.pool.withConnection { holder in
                    _ = try await holder.withLockIfFree("name") { _ -> Int in throw Failure() }
                }
            }
            #expect(try await attempt() == 7)
        }
    }

    private func numbers(_ database: TestDatabase) async throws -> [Int] {
        try await database.pool.query("SELECT n FROM t ORDER BY n").map { try $0.value("n") }
    }
}
