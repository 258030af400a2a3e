import FieldsealCrypto
import FieldsealPostgres
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct DestructionTests {
    private let clock = StoreClock()

    private func force(_ replica: KeyAuthority, _ version: KeyVersion, of name: String) async throws -> Destruction {
        var last: Destruction?
        for administrator in ["a", "b"] {
            last = try await replica.forceDestruction(
                of: version, of: name, dryRun: false, context: .operating(as: administrator)
            ) { _ in }
        }
        return try #require(last)
    }

    /// The tables of the database in which `bytes` stand, in whatever column.
    private func tables(holding bytes: [UInt8], _ replica: KeyAuthority) async throws -> [String] {
        #expect(bytes.count >= 32)
        let digits = Array("0123456789abcdef")
        let hex = String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        let tables = try await replica.pool.query(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        var holding: [String] = []
        for table in try tables.map({ try $0.value("tablename", as: String.self) }) {
            let rows = try await replica.pool.query(
                "SELECT FROM \(identifier: table) AS t WHERE strpos(t::text, \(hex)) > 0")
            if !rows.isEmpty { holding.append(table) }
        }
        return holding
    }

    @Test func aDestroyedMasterKeyIsGoneFromEveryTable() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(at: clock)
            let recipient = try Recipient()
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let key = try recipient.open(try await replica.grant(.email, to: recipient))
            let master = try #require(try await replica.keyObject(named: "master"))
            let stored = try await replica.read { try await $0.activeMaster(of: master.id) }
            let wrapped = try #require(stored.wraps.first).wrapped
            let version = stored.record.version
            _ = try await replica.rotate(master, called: "master", context: .test)
            _ = try await replica.retire(version, of: "master", dryRun: false, context: .test)
            #expect(try await tables(holding: wrapped, replica) == ["master_key_wraps"])

            let done = try await force(replica, version, of: "master")
            #expect(done.state == .done && done.key.record.encryptedKey.isEmpty)
            #expect(try await tables(holding: wrapped, replica).isEmpty)
            #expect(
                try await replica.pool.query(
                    "SELECT FROM master_key_wraps WHERE version = \(version.column)"
                ).isEmpty)
            // The tombstone stands, and so does all that is under the other version.
            let late = try await store.replica(at: clock)
            for replica in [replica, late] {
                let tombstone = try await replica.read { try await $0.key(master, version: version) }
                #expect(tombstone?.state == .destroyed)
                #expect(try recipient.open(try await replica.grant(.email, to: recipient)) == key)
            }
        }
    }

    @Test func aDestroyedFieldKeyIsGoneFromEveryTable() async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(at: clock)
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            let old = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(old.object, called: "users.email", context: .test)
            _ = try await replica.retire(old.version, of: "users.email", dryRun: false, context: .test)
            #expect(try await tables(holding: old.encryptedKey, replica) == ["encryption_keys"])
            _ = try await force(replica, old.version, of: "users.email")
            #expect(try await tables(holding: old.encryptedKey, replica).isEmpty)
        }
    }

    @Test func theAnswerSaysWhenTheLastBackupExpires() async throws {
        try await TestStore.with { store in
            let retention = BackupRetention(days: 7)
            let replica = try await store.replica(at: clock, backupRetention: retention)
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].lifecycle.backupRetentionDays = 0 }, context: .test)
            let old = try await replica.ensureKeys(of: .email, context: .test)
            _ = try await replica.rotate(old.object, called: "users.email", context: .test)
            _ = try await replica.retire(old.version, of: "users.email", dryRun: false, context: .test)
            func message(_ destruction: Destruction) -> Int64 {
                destruction.message(replica.backupRetention, nowUnixUs: clock.now).completeUnixMs
            }
            let week = 7 * RotationPolicy.day
            let scheduled = try await replica.scheduleDestruction(
                of: old.version, of: "users.email", dryRun: false, context: .test)
            #expect(message(scheduled) == (try #require(scheduled.dueUnixUs) + week) / 1_000)
            let cancelled = try await replica.cancelDestruction(
                of: old.version, of: "users.email", dryRun: false, context: .test)
            #expect(message(cancelled) == 0)
            let proposed = try await replica.forceDestruction(
                of: old.version, of: "users.email", dryRun: false, context: .operating(as: "a")
            ) { _ in }
            #expect(message(proposed) == 0)
            let destroyed = clock.now
            let done = try await force(replica, old.version, of: "users.email")
            clock.advance(days: 1)
            #expect(message(done) == (destroyed + week) / 1_000, "from when it was destroyed")
            #expect(done.message(.undeclared, nowUnixUs: clock.now).completeUnixMs == 0)
        }
    }
}
