import FieldsealPostgres
import Testing

@Suite("Notifications", .enabled(if: TestDatabase.isConfigured))
struct NotificationTests {
    @Test func aListenerHearsWhatIsCommitted() async throws {
        try await TestDatabase.with { database async throws in
            var heard = database.pool.notifications(on: ["events", "Odd \"name\""]).makeAsyncIterator()
            #expect(await heard.next() == .listening)
            struct Refusal: Error {}
            _ = try? await database.pool.withTransaction { connection async throws in
                try await connection.notify("events", payload: "undone")
                throw Refusal()
            }
            try await database.pool.withTransaction { try await $0.notify("events", payload: "1") }
            try await database.pool.withConnection { try await $0.notify("Odd \"name\"", payload: "2") }
            #expect(await heard.next() == .notified(channel: "events", payload: "1"))
            #expect(await heard.next() == .notified(channel: "Odd \"name\"", payload: "2"))
        }
    }

    @Test func aListenerWhoseConnectionBreaksListensAgainAndSaysSo() async throws {
        try await TestDatabase.with { database async throws in
            var heard = database.pool.notifications(on: ["events"]).makeAsyncIterator()
            #expect(await heard.next() == .listening)
            try await database.pool.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%'
                """)
            #expect(await heard.next() == .listening)
            try await database.pool.withConnection { try await $0.notify("events", payload: "after") }
            #expect(await heard.next() == .notified(channel: "events", payload: "after"))
        }
    }
}
