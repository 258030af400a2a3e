import FieldsealPostgres
import Logging
import ServiceLifecycle
import Testing

@Suite("Pool", .enabled(if: TestDatabase.isConfigured))
struct PoolTests {
    @Test func neverMoreConnectionsThanAllowed() async throws {
        try await TestDatabase.with(connections: 3) { database async throws in
            let seen = try await withThrowingTaskGroup { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await database.pool.query("SELECT pg_backend_pid() AS pid, pg_sleep(0.002)").single().value(
                            "pid", as: Int.self)
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect((1...3).contains(seen.count))
        }
    }

    @Test func whoWaitsTooLongIsToldAndTheConnectionIsNotLost() async throws {
        try await TestDatabase.with { database async throws in
            var configuration = PostgresConfiguration(conninfo: database.conninfo, maximumConnections: 1)
            configuration.acquireTimeout = .seconds(2)
            let pool = try PostgresPool(configuration, logger: database.logger)
            try await pool.withConnection { connection async throws in
                try await connection.query("SELECT 1")
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.code == .unavailable)
            }
            try await pool.query("SELECT 1")
            await pool.close()
        }
    }

    @Test func whoIsCancelledWhileWaitingStopsWaiting() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            try await database.pool.withConnection { connection async throws in
                let waiting = Task { try await database.pool.query("SELECT 1") }
                waiting.cancel()
                let error = await #expect(throws: PostgresError.self) { try await waiting.value }
                #expect(error?.code == .cancelled)
                try await connection.query("SELECT 1")
            }
        }
    }

    @Test func aBrokenIdleConnectionIsReplaced() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            let first = try await processID(database.pool)
            let other = try PostgresPool(.init(conninfo: database.conninfo), logger: database.logger)
            try await other.query("SELECT pg_terminate_backend(\(Int32(first)))")
            try await eventually {
                try await other.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(first)").isEmpty
            }
            await other.close()
            try await eventually { (try? await processID(database.pool)).map { $0 != first } ?? false }
        }
    }

    @Test func callersWaitWhileTheServerRefusesAndGoOnWhenItIsBack() async throws {
        try await TestDatabase.with(connections: 1) { database async throws in
            let administration = try PostgresPool(
                .init(conninfo: try #require(TestDatabase.conninfo)), logger: database.logger)
            try await administration.query("ALTER DATABASE \(identifier: database.name) WITH ALLOW_CONNECTIONS false")
            async let answer = processID(database.pool)
            try await Task.sleep(for: .milliseconds(200))
            try await administration.query("ALTER DATABASE \(identifier: database.name) WITH ALLOW_CONNECTIONS true")
            #expect(try await answer > 0)
            await administration.close()
        }
    }

    @Test func aServerThatIsNotThereIsUnavailable() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = PostgresConfiguration(conninfo: "host=127.0.0.1 port=1 dbname=x user=x")
        configuration.acquireTimeout = .milliseconds(300)
        let pool = try PostgresPool(configuration, logger: logger)
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.code == .unavailable)
        #expect(error?.isUnavailable == true)
        await pool.close()
    }

    @Test func aConnectionStringThatDoesNotParseIsRefusedAtOnce() {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let error = #expect(throws: PostgresError.self) {
            try PostgresPool(.init(conninfo: "hots=nowhere"), logger: logger)
        }
        #expect(error?.code == .configuration)
    }

    @Test func gracefulShutdownWaitsForWhatIsLentOut() async throws {
        try await TestDatabase.with { database async throws in
            let pool = try PostgresPool(.init(conninfo: database.conninfo), logger: database.logger)
            let group = ServiceGroup(
                configuration: .init(services: [.init(service: pool)], logger: database.logger))
            async let running: Void = group.run()
            let answer = try await pool.withConnection { connection async throws in
                await group.triggerGracefulShutdown()
                return try await connection.query("SELECT pg_sleep(0.05), 7 AS n").single().value("n", as: Int.self)
            }
            #expect(answer == 7)
            try await running
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error?.code == .closed)
        }
    }
}
