import FieldsealPostgres
import Testing

@testable import FieldsealAlerts

@Suite(.enabled(if: AlertDatabase.isConfigured)) struct AlertQueueTests {
    @Test func anAlertIsRaisedWithItsTransactionOrNotAtAll() async throws {
        struct Undone: Error {}
        try await AlertDatabase.with { database in
            await #expect(throws: Undone.self) {
                try await database.pool.withTransaction { transaction in
                    try await AlertQueue.raise(
                        [.sample("never")], unixMicroseconds: database.clock.now, in: transaction)
                    throw Undone()
                }
            }
            try await database.raise(.sample("a \u{0} NUL"))
            let listed = try await list(database)
            #expect(listed.map(\.notice.alert.text) == ["a   NUL"])
        }
    }

    @Test func equalAlertsFoldAndTheirNumberIsTold() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            for count in 1...38 {
                try await database.raise(.sample("down \(count)", .critical, object: "vault"))
                try await delivery.tick()
                database.clock.pass(seconds: 20)
            }
            #expect(destination.texts == ["down 1"])
            database.clock.pass(seconds: 15 * 60)
            try await delivery.tick()
            #expect(destination.texts == ["down 1", "down 38 (and 36 more)"])
            #expect(destination.taken.last?.alert.severity == .critical)
            // The window goes on, and ends when nothing more was held.
            try await database.raise(.sample("down 39", .critical, object: "vault"))
            database.clock.pass(seconds: 15 * 60)
            try await database.raise(.sample("down 40", .critical, object: "vault"))
            try await delivery.tick()
            #expect(destination.texts.dropFirst(2) == ["down 40 (and 1 more)"])
            database.clock.pass(seconds: 15 * 60)
            try await delivery.tick()
            #expect(try await database.pool.query("SELECT FROM alert_windows").isEmpty)
        }
    }

    @Test func otherKindsOtherObjectsAndWorseOnesAreNotFolded() async throws {
        try await AlertDatabase.with { database in
            try await database.raise(
                .sample("1", .warning, object: "a"), .sample("2", .warning, object: "b"),
                .sample("3", .warning, kind: .rotationOverdue, object: "a"), .sample("4", .critical, object: "a"),
                .sample("5", .warning, object: "a"))
            #expect(try await list(database).map(\.notice.alert.text) == ["4", "3", "2", "1"])
        }
    }

    @Test func theListSaysWhoHasStillToTakeAnAlert() async throws {
        try await AlertDatabase.with { database in
            let (good, bad) = (TestDestination("good"), TestDestination("bad"))
            bad.fail(DeliveryFailure(.unavailable, "down"))
            let delivery = database.delivery(to: good, bad)
            try await delivery.tick()
            try await database.raise(.sample("first"))
            try await delivery.tick()
            database.clock.pass(seconds: 100)
            try await database.raise(.sample("second"))
            let listed = try await list(database)
            #expect(listed.map(\.notice.alert.text) == ["second", "first"])
            #expect(listed.map(\.pending) == [2, 1])
            #expect(
                try await list(database, since: database.clock.now).map(\.notice.alert.text) == ["second"])
        }
    }

    @Test func aRaiserFallsBackToTheLog() async throws {
        try await AlertDatabase.with { database in
            let raiser = AlertRaiser(pool: database.pool, logger: database.log.logger) { database.clock.now }
            await raiser.raise(.sample("queued"))
            #expect(try await list(database).map(\.notice.alert.text) == ["queued"])
            #expect(database.log.lines.isEmpty)
            await database.pool.close()
            await raiser.raise(.sample("database away", .critical, object: "x\ny"))
            let line = try #require(database.log.lines.first)
            #expect(line.level == .critical && line.message == "database away")
            #expect(line.metadata["object"] == "x y" && line.metadata["alert"] == "rotation-failed")
        }
    }

    private func list(_ database: AlertDatabase, since: Int64 = 0) async throws -> [ListedAlert] {
        try await database.pool.withConnection { connection in
            try await AlertQueue.list(
                sinceUnixUs: since, limit: 10, destinations: ["good", "bad"], in: connection)
        }
    }
}
