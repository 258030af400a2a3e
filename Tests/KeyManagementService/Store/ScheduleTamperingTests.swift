import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// What somebody with the database's password can do to what decides on rotation and destruction.
@Suite(.enabled(if: TestStore.isConfigured)) struct ScheduleTamperingTests {
    private let clock = StoreClock()

    /// Two notes, two censuses and two pauses, as first written in the schema `before` and then written anew.
    private func prepare(_ store: TestStore) async throws -> (replica: KeyAuthority, version: KeyVersion) {
        let replica = try await store.replica(at: clock)
        _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
        _ = try await replica.ensureKeys(of: .note, context: .test)
        let first = try await replica.ensureKeys(of: .email, context: .test)
        let second = try await replica.rotate(first.object, called: "users.email", context: .test)
        _ = try await replica.rotate(first.object, called: "users.email", context: .test)
        for version in [first.version, second.version] {
            _ = try await replica.retire(version, of: "users.email", dryRun: false, context: .test)
            _ = try await replica.cancelDestruction(of: version, of: "users.email", dryRun: false, context: .test)
        }
        for name in ["users", "users.email"] {
            _ = try await replica.pauseRotation(of: name, untilUnixUs: nil, context: .test)
        }
        try await count(replica, [first.version: 3])
        try await store.copy(to: "before")

        clock.advance(days: 1)
        _ = try await replica.scheduleDestruction(
            of: first.version, of: "users.email", dryRun: false, context: .test)
        _ = try await replica.resumeRotation(of: "users", context: .test)
        try await count(replica, [:])
        return (replica, first.version)
    }

    private func count(_ replica: KeyAuthority, _ counts: [KeyVersion?: UInt64]) async throws {
        for field in [FieldName.email, .note] {
            _ = try await replica.report(
                field == .email ? counts : [:], of: field, location: "", begunUnixUs: clock.now, isPrimary: true,
                context: .test)
        }
    }

    static let edits = [
        "UPDATE key_schedule SET order_wanted = NOT order_wanted",
        "UPDATE key_schedule SET order_identity = 'spiffe://fieldseal.local/operator/other'",
        "UPDATE key_schedule SET order_at = order_at - interval '30 days'",
        "UPDATE key_schedule SET order_wanted = NULL, order_identity = NULL, order_at = NULL",
        "UPDATE key_schedule SET proposal_identity = 'spiffe://fieldseal.local/operator/b', proposal_at = now()",
        "UPDATE key_schedule SET failures = failures + 1",
        "UPDATE key_schedule SET next_attempt_at = now() + interval '10 years'",
        "UPDATE key_schedule SET cause = 'other'",
        "UPDATE key_schedule SET overdue_told = NOT overdue_told",
        "UPDATE key_schedule SET revision = revision + 1",
        "UPDATE key_schedule SET revision = 0",
        "UPDATE key_schedule SET row_mac = ''",
        "UPDATE key_census SET entries = ''",
        "UPDATE key_census SET entries = set_byte(entries, 15, get_byte(entries, 15) # 1) WHERE entries <> ''",
        "UPDATE key_census SET begun_at = begun_at + interval '1 day'",
        "UPDATE key_census SET reported_at = reported_at + interval '1 day'",
        "UPDATE key_census SET reporter = 'spiffe://fieldseal.local/service/other'",
        "UPDATE key_census SET is_primary = NOT is_primary",
        "UPDATE key_census SET location = 'archive'",
        "UPDATE key_census SET revision = 0",
        "UPDATE rotation_pauses SET is_resumed = NOT is_resumed",
        "UPDATE rotation_pauses SET since_at = since_at - interval '1 day'",
        "UPDATE rotation_pauses SET until_at = now()",
        "UPDATE rotation_pauses SET identity = 'spiffe://fieldseal.local/operator/other'",
        "UPDATE rotation_pauses SET key_type = NULL, key_id = NULL",
        "UPDATE rotation_pauses SET key_type = 'master'",
        "UPDATE rotation_pauses SET revision = 0",
        // What two genuine rows say, exchanged with their MACs; then their ids.
        """
        UPDATE key_schedule a SET order_wanted = b.order_wanted, order_identity = b.order_identity,
            order_at = b.order_at, revision = b.revision, row_mac = b.row_mac FROM key_schedule b WHERE a.id <> b.id
        """,
        """
        UPDATE key_census a SET begun_at = b.begun_at, reported_at = b.reported_at, entries = b.entries,
            revision = b.revision, row_mac = b.row_mac FROM key_census b WHERE a.id <> b.id
        """,
        """
        UPDATE rotation_pauses a SET since_at = b.since_at, is_resumed = b.is_resumed, revision = b.revision,
            row_mac = b.row_mac FROM rotation_pauses b WHERE a.id <> b.id
        """,
        exchange("key_schedule"), exchange("key_census"), exchange("rotation_pauses"),
    ]

    private static func exchange(_ table: String) -> String {
        """
        ALTER TABLE \(table) DROP CONSTRAINT \(table)_pkey;
        UPDATE \(table) a SET id = b.id FROM \(table) b WHERE a.id <> b.id
        """
    }

    @Test func anAlteredRowIsRefusedAtItsNextUse() async throws {
        try await TestStore.with { store in
            let (replica, version) = try await prepare(store)
            func decide() async throws {
                _ = try await replica.scheduleDestruction(
                    of: version, of: "users.email", dryRun: true, context: .test)
            }
            try await decide()
            try await store.copy(to: "kept")
            let putBack = Self.tables.map { "DELETE FROM \($0); INSERT INTO \($0) SELECT * FROM kept.\($0);" }
                .joined(separator: " ")
            for edit in Self.edits {
                try await replica.pool.withConnection { try await $0.script(edit) }
                let error = await failure { try await decide() }
                #expect(error?.code == .dataLoss && error?.cause == "damaged", "\(edit)")
                #expect(error?.message == "the key store is damaged", "the peer learns no more")
                if !edit.contains("revision = 0") {
                    #expect(await failure { _ = try await replica.schedule(of: "") }?.code == .dataLoss, "\(edit)")
                }
                try await replica.pool.withConnection { try await $0.script(putBack) }
                try await decide()
            }
        }
    }

    private static let tables = ["key_schedule", "key_census", "rotation_pauses"]

    static let reversions = tables.flatMap { table in
        [
            "DELETE FROM \(table) WHERE id = (SELECT id FROM \(table) ORDER BY revision DESC LIMIT 1)",
            "DELETE FROM \(table)",
            "DELETE FROM \(table); INSERT INTO \(table) SELECT * FROM before.\(table)",
            exchange(table),
        ]
    }

    /// A replica that goes on running reads only what is new, and from time to time everything.
    @Test(arguments: Self.tables) func aRowThatIsGoneIsNoticedWhileTheScheduleRuns(table: String) async throws {
        try await TestStore.with { store in
            let (replica, _) = try await prepare(store)
            let scheduler = Scheduler(authority: replica, replica: "a", logger: TestStore.logger) { _ in }
            #expect(try await scheduler.tick().hasLock)
            try await replica.pool.withConnection { try await $0.script("DELETE FROM \(table)") }
            #expect(try await scheduler.tick().hasLock)
            clock.advance(days: 0.25)
            for _ in 0..<2 {
                let error = await failure { _ = try await scheduler.tick() }
                #expect(error?.code == .dataLoss && error?.detail?.hasSuffix("is gone") == true)
            }
            let alerts = try await replica.pool.query("SELECT FROM alerts WHERE kind = 'store-damaged'")
            #expect(alerts.count == 1)
        }
    }

    /// Each row's MAC holds, where there is one.
    @Test func aRowThatIsGoneOrBroughtBackIsNoticedAtTheNextStart() async throws {
        try await TestStore.with { store in
            let (replica, _) = try await prepare(store)
            try await store.copy(to: "kept")
            for statement in Self.reversions {
                try await replica.pool.withConnection { try await $0.script(statement) }
                let late = try store.sealedReplica(clock: { [clock] in clock.now })
                #expect(await failure { try await late.unseal() }?.code == .dataLoss, "\(statement)")
                #expect(late.isSealed, "\(statement)")
                await late.pool.close()
                try await store.restore("kept")
            }
            _ = try await store.replica(at: clock)
        }
    }
}
