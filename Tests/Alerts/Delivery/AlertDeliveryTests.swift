import FieldsealPostgres
import ServiceLifecycle
import Testing

@testable import FieldsealAlerts

@Suite(.enabled(if: AlertDatabase.isConfigured)) struct AlertDeliveryTests {
    @Test func alertsComeInOrderAndANewDestinationStartsNow() async throws {
        try await AlertDatabase.with { database in
            try await database.raise(.sample("before"))
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            #expect(destination.attempts == 0)
            for count in 1...10 { try await database.raise(.sample("\(count)")) }
            try await delivery.tick()
            try await delivery.tick()
            #expect(destination.texts == (1...10).map(String.init))
            #expect(try await database.counter("delivered", of: "test") == 10)
        }
    }

    @Test func aFailureHoldsUpWhatFollowsAndPausesGrow() async throws {
        try await AlertDatabase.with { database in
            let (destination, other) = (TestDestination(), TestDestination("other"))
            let delivery = database.delivery(to: destination, other)
            try await delivery.tick()
            destination.fail(DeliveryFailure(.unavailable, "no answer"))
            try await database.raise(.sample("1"), .sample("2"))
            try await delivery.tick()
            try await delivery.tick()
            #expect(destination.attempts == 1, "it rests")
            #expect(other.texts == ["1", "2"], "others are not held up")
            for (attempts, pause) in [(2, 5), (3, 10), (4, 20), (5, 40)] {
                database.clock.pass(seconds: Int64(pause) - 1)
                try await delivery.tick()
                #expect(destination.attempts == attempts - 1)
                database.clock.pass(seconds: 1)
                try await delivery.tick()
                #expect(destination.attempts == attempts)
            }
            destination.fail(nil)
            database.clock.pass(seconds: 80)
            try await delivery.tick()
            #expect(destination.texts == ["1", "2"])
            #expect(try await database.counter("failures", of: "test") == 0)
        }
    }

    @Test func aRefusalIsRepeatedSlowly() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            destination.fail(DeliveryFailure(.refused, "404"))
            try await database.raise(.sample("1"))
            try await delivery.tick()
            database.clock.pass(seconds: 59 * 60)
            try await delivery.tick()
            #expect(destination.attempts == 1)
            database.clock.pass(seconds: 60)
            try await delivery.tick()
            #expect(destination.attempts == 2)
        }
    }

    @Test func whatIsTooOldIsGivenUpLoudlyWhileTheDestinationFails() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            destination.fail(DeliveryFailure(.unavailable, "no answer"))
            try await database.raise(.sample("1"), .sample("2"), .sample("3", .critical))
            try await delivery.tick()
            database.clock.pass(days: 3)
            database.clock.pass(seconds: 1)
            try await database.raise(.sample("4"))
            try await delivery.tick()
            #expect(try await database.counter("given_up", of: "test") == 3)
            let lost = database.log.lines.filter { $0.level == .critical }.map { $0.metadata["text"] }
            #expect(lost == ["1", "2", "3"])
            destination.fail(nil)
            database.clock.pass(days: 1)
            try await delivery.tick()
            #expect(destination.texts == ["4"])
        }
    }

    @Test func afterADeliveryWhoseEndWasLostTheSameAlertComesAgain() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            try await database.raise(.sample("1"), .sample("2"))
            // The replica dies between the sending and its note of it: the note is refused here.
            try await database.pool.withConnection {
                try await $0.script(
                    """
                    CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS
                        $$BEGIN RAISE EXCEPTION 'crash'; END$$;
                    CREATE TRIGGER crash BEFORE UPDATE ON alert_destinations FOR EACH ROW
                        WHEN (new.delivered > old.delivered) EXECUTE FUNCTION crash()
                    """)
            }
            await #expect(throws: PostgresError.self) { try await delivery.tick() }
            try await database.pool.withConnection { try await $0.script("DROP TRIGGER crash ON alert_destinations") }
            #expect(destination.texts == ["1"])
            let successor = database.delivery(to: destination)
            try await successor.tick()
            #expect(destination.texts == ["1"], "the claim has not lapsed")
            database.clock.pass(seconds: 61)
            try await successor.tick()
            #expect(destination.texts == ["1", "1", "2"])
            #expect(destination.taken[0].id == destination.taken[1].id)
            #expect(destination.taken[1].id != destination.taken[2].id)
        }
    }

    @Test func replicasThatDeliverAtOnceSendEachAlertOnce() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let replicas = (0..<4).map { _ in database.delivery(to: destination, policy: .unlimited) }
            try await replicas[0].tick()
            await withThrowingTaskGroup { group in
                group.addTask { for count in 1...40 { try await database.raise(.sample("\(count)")) } }
                for replica in replicas {
                    group.addTask { while destination.taken.count < 40 { try await replica.tick() } }
                }
            }
            #expect(destination.texts == (1...40).map(String.init))
        }
    }

    @Test func tooManyAreLeftOutAndCountedButNeverCriticalOnes() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            for count in 1...40 { try await database.raise(.sample("\(count)", count > 35 ? .critical : .warning)) }
            try await delivery.tick()
            #expect(destination.texts == (Array(1...30) + Array(36...40)).map(String.init))
            #expect(destination.taken.first { $0.line == "36" }?.suppressed == 5)
            #expect(destination.taken.first { $0.line == "37" }?.suppressed == 0)
            #expect(try await database.counter("dropped", of: "test") == 5)
            database.clock.pass(seconds: 20)
            try await database.raise(.sample("41"))
            try await delivery.tick()
            #expect(destination.taken.last?.line == "41")
        }
    }

    @Test func whatIsBelowADestinationsSeverityIsLeftOut() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination(minimumSeverity: .critical)
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            try await database.raise(.sample("1", .info), .sample("2", .critical), .sample("3", .warning))
            try await delivery.tick()
            #expect(destination.texts == ["2"])
            #expect(try await database.counter("position", of: "test") == 3)
        }
    }

    @Test func oldAlertsAreDeleted() async throws {
        try await AlertDatabase.with { database in
            let delivery = database.delivery()
            try await database.raise(.sample("old"))
            database.clock.pass(days: 90)
            try await database.raise(.sample("new"))
            try await delivery.tick()
            database.clock.pass(seconds: 1)
            try await delivery.tick()
            let left = try await database.pool.query("SELECT text FROM alerts")
            #expect(try left.map { try $0.value("text", as: String.self) } == ["new"])
        }
    }

    @Test func theLogGetsAllWithTheirSeverity() async throws {
        try await AlertDatabase.with { database in
            let delivery = database.delivery(to: LogDestination(logger: database.log.logger))
            try await delivery.tick()
            try await database.raise(.sample("i", .info), .sample("w", .warning), .sample("c", .critical))
            try await delivery.tick()
            #expect(database.log.lines.map(\.level) == [.notice, .warning, .critical])
            #expect(database.log.lines.map(\.message) == ["i", "w", "c"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func theServiceDeliversWhatIsRaised() async throws {
        try await AlertDatabase.with { database in
            let destination = TestDestination()
            let delivery = database.delivery(to: destination)
            try await delivery.tick()
            let group = ServiceGroup(
                services: [AlertDeliveryService(delivery)], logger: database.log.logger)
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                try await database.raise(.sample("now"))
                while destination.taken.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(destination.texts == ["now"])
        }
    }
}

extension DeliveryPolicy {
    fileprivate static var unlimited: Self {
        var policy = Self()
        policy.burst = 1_000
        return policy
    }
}
