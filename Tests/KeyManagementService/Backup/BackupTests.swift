import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres
import Foundation
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct BackupTests {
    @Test func everyTableIsHeldOrLeftOnPurpose() async throws {
        try await TestStore.with { store in
            let pool = try store.pool()
            let rows = try await pool.query(
                "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'")
            let names = try rows.map { try $0.value("name", as: String.self) }
            #expect(Set(names) == Set(BackupTables.held).union(BackupTables.left))
            #expect(Set(BackupTables.held).isDisjoint(with: BackupTables.left))
            for name in BackupTables.held {
                let columns = try await pool.withConnection { try await BackupTables.columns(of: name, in: $0) }
                #expect(!columns.isEmpty)
            }
            await pool.close()
        }
    }

    @Test func aBackupMadeUnderLoadIsRestoredElsewhereWithEveryKey() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            let recipient = try Recipient()
            _ = try await authority.applyCatalog(Sample.declaration(), context: .test)
            let record = try await authority.ensureKeys(of: .email, context: .test)
            _ = try await authority.ensureKeys(of: .note, context: .test)
            let header = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<20 {
                        _ = try await authority.rotate(record.object, called: "users.email", context: .test)
                    }
                }
                while try await authority.activeVersions(.fek).allSatisfy({ $0.rotationCount < 3 }) {}
                let header = try await bench.backUp(authority, to: "b")
                try await group.waitForAll()
                return header
            }
            let now = try await authority.read { try await $0.revision() }
            #expect(header.state.revision < now.revision, "the store went on meanwhile")
            let before = try await keys(of: authority, recipient, upTo: header.state.revision)
            #expect(before.count >= 4)

            try await TestStore.with(provider: store.provider) { target in
                let summary = try await bench.restore(into: target).restore(path: bench.path("b"), replaces: false)
                #expect(summary.state == header.state)
                #expect(summary.quarantinedAt == header.state.revision + 1)
                #expect(summary.description.contains("\(before.count + 5) key versions, 1 tables, 2 fields"))

                let restored = try await target.replica()
                #expect(await failure { _ = try await restored.catalog() }?.isQuarantine == true)
                let quarantine = try #require(try await restored.read(.any) { try await $0.standing().quarantine })
                #expect(quarantine.backupRevision == header.state.revision && quarantine.reason == .restored)
                let alerts = try await restored.pool.query("SELECT kind FROM alerts")
                #expect(try alerts.map { try $0.value("kind", as: String.self) } == ["store-restored"])
                let events = try await restored.pool.query("SELECT FROM audit_outbox")
                #expect(events.count == 1)

                _ = try await restored.change(.any) { try await $0.liftQuarantine() }
                #expect(try await keys(of: restored, recipient, upTo: header.state.revision) == before)
            }
        }
    }

    @Test func nothingButTheFileAsItWasMadeIsTaken() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            try await fill(authority)
            let header = try await bench.backUp(authority, to: "one")
            try await bench.backUp(authority, to: "two")
            let (one, two) = (try bench.bytes("one"), try bench.bytes("two"))
            #expect(await bench.check(one) == nil)

            let start = header.encoded.count
            let full = SealedStream.chunkCount + SealedStream.overhead
            let borders = Array(stride(from: start, to: one.count, by: full))
            #expect(borders.count >= 3, "several chunks: \(one.count) bytes")
            for end in [0, 1, start - 1, one.count - 1] + borders + borders.map({ $0 + 1 }) {
                #expect(await bench.check(Array(one.prefix(end))) != nil, "cut at \(end)")
            }
            for _ in 0..<200 {
                var altered = one
                altered[Int.random(in: one.indices)] ^= 1 << UInt8.random(in: 0..<8)
                #expect(await bench.check(altered) != nil)
            }
            for position in 0..<start {
                var altered = one
                altered[position] ^= 1
                #expect(await bench.check(altered) != nil, "header \(position)")
            }
            let (first, second) = (borders[0]..<borders[1], borders[1]..<borders[2])
            let swapped = one[..<start] + one[second] + one[first] + one[borders[2]...]
            #expect(await bench.check(Array(swapped)) == .damaged)
            // The same store at the same revision, yet another backup.
            let spliced = one[..<second.lowerBound] + two[second] + one[second.upperBound...]
            #expect(await bench.check(Array(spliced)) == .damaged)
            #expect(await bench.check(Array(two[..<start]) + Array(one[start...])) == .damaged)
            #expect(await bench.check(one + [0]) == .damaged)
            #expect(await bench.check(Array("nothing of the kind, but long enough for a header".utf8)) == .notOne)
        }
    }

    @Test func whatCannotBeRestoredLeavesTheDatabaseAsItWas() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            try await fill(authority, fields: 3)
            try await bench.backUp(authority, to: "b")
            let path = bench.path("b")
            try await TestStore.with(provider: store.provider) { target in
                let stranger = try bench.restore(into: target, provider: try MemoryProvider())
                #expect(await backupError { _ = try await stranger.restore(path: path, replaces: false) }?.code == .key)
                let cut = try bench.write(Array(try bench.bytes("b").dropLast()), to: "cut")
                let restore = try bench.restore(into: target)
                #expect(await backupError { _ = try await restore.restore(path: cut, replaces: false) } == .damaged)
                #expect(
                    await backupError { _ = try await restore.restore(path: bench.path("none"), replaces: false) }?.code
                        == .file)
                #expect(try await target.rowCount() == 0)
            }
        }
    }

    @Test func anotherCustodianOrAnotherStoreThereRefusesTheRestore() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            try await bench.backUp(try await store.replica(), to: "b")
        }
        try await TestStore.with { target in
            let restore = try bench.restore(into: target)
            let path = bench.path("b")
            // No custodian of this database's service opens the master key.
            let custody = await failure { _ = try await restore.restore(path: path, replaces: false) }
            #expect(custody?.cause == "custody")
            #expect(try await target.rowCount() == 0)
            _ = try await target.replica()
            let rows = try await target.rowCount()
            let occupied = await backupError { _ = try await restore.restore(path: path, replaces: false) }
            #expect(occupied?.code == .target)
            let another = await backupError { _ = try await restore.restore(path: path, replaces: true) }
            #expect(another?.code == .target)
            #expect(try await target.rowCount() == rows)
        }
    }

    @Test func aRowThatWasAlteredInTheDatabaseStopsBackupAndRestore() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            try await fill(authority, fields: 2)
            let pool = try store.pool()
            try await pool.query("UPDATE encryption_keys SET algorithm = 'none' WHERE key_type = 'fek'")
            #expect(await failure { try await bench.backUp(authority, to: "b") }?.code == .dataLoss)
            await pool.close()
        }
    }

    @Test(arguments: ["catalog_fields", "store_quarantine", "audit_outbox"])
    func aRestoreThatIsKilledLeavesNothing(table: String) async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            try await fill(authority, fields: 5)
            try await bench.backUp(authority, to: "b")
            try await TestStore.with(provider: store.provider) { target in
                let pool = try target.pool()
                try await pool.withConnection {
                    try await $0.script(
                        """
                        CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS
                            $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN new; END$$;
                        CREATE TRIGGER kill BEFORE INSERT ON \(table) FOR EACH ROW EXECUTE FUNCTION kill()
                        """)
                }
                let restore = try bench.restore(into: target)
                #expect(
                    await failure { _ = try await restore.restore(path: bench.path("b"), replaces: false) } != nil)
                #expect(try await target.rowCount() == 0)
                try await pool.withConnection { try await $0.script("DROP FUNCTION kill CASCADE") }
                _ = try await restore.restore(path: bench.path("b"), replaces: false)
                #expect(try await target.rowCount() > 0)
                await pool.close()
            }
        }
    }

    @Test func theSameStoreIsMovedAsideWhereThatIsAskedFor() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            try await fill(authority, fields: 2)
            let header = try await bench.backUp(authority, to: "b")
            _ = try await authority.rotate(
                KeyObject(kind: .master, id: header.state.storeID), called: "master", context: .test)
            let rows = try await store.rowCount()
            let restore = try bench.restore(into: store)
            #expect(
                await backupError { _ = try await restore.restore(path: bench.path("b"), replaces: false) }?.code
                    == .target)
            _ = try await restore.restore(path: bench.path("b"), replaces: true)
            #expect(try await store.rowCount() < rows + 2)
            let schemas = try await authority.pool.query(
                "SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE 'fieldseal_replaced_%'")
            let schema: String = try schemas.single().value("name")
            let kept = try await authority.pool.query(
                "SELECT revision FROM \(identifier: schema).store_state")
            #expect(try kept.single().value("revision", as: Int64.self) == Int64(header.state.revision) + 1)
            let next = try await store.replica()
            let revision = try await next.read(.any) { try await $0.revision() }
            #expect(revision.revision == header.state.revision + 1)
        }
    }

    @Test func aBackupIsVerifiedWithoutAnyChange() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let authority = try await store.replica()
            try await fill(authority, fields: 4)
            let header = try await bench.backUp(authority, to: "b")
            let rows = try await store.rowCount()
            let summary = try await bench.restore(into: store).verify(path: bench.path("b"))
            #expect(summary.state == header.state && summary.quarantinedAt == nil)
            #expect(summary.counts["catalog_fields"] == 4)
            #expect(summary.description.hasPrefix("good: key store \(header.state.storeID) at revision"))
            #expect(try await store.rowCount() == rows)
            #expect(try await store.replica().catalog().revision == header.state.revision)
        }
    }

    @Test func oneBackupIsMadeAtATime() async throws {
        let bench = try BackupBench()
        try await TestStore.with { store in
            let (one, two) = (try await store.replica(), try await store.replica())
            let refused = try await one.backUp(
                under: bench.provider, write: { _ in },
                finish: { _, _ in await failure { try await bench.backUp(two, to: "b") } })
            #expect(refused == .backupRuns)
            try await bench.backUp(two, to: "b")
        }
    }

    /// The clear field keys of all versions that a revision had.
    private func keys(
        of authority: KeyAuthority, _ recipient: Recipient, upTo revision: UInt64
    ) async throws -> [KeyVersion: [UInt8]] {
        let records = try await authority.read { try await $0.keys("key_type = 'fek'", limit: 1_000) }
        var keys: [KeyVersion: [UInt8]] = [:]
        let head = try await authority.pool.query(
            "SELECT changed_at FROM store_revisions WHERE revision = \(Int64(revision))"
        ).single()
        let time = try head.microseconds("changed_at")
        for record in records where record.createdUnixUs <= time {
            let field = try await authority.read { try await $0.field(id: record.object.id) }
            let grant = try await authority.grant(try #require(field).name, version: record.version, to: recipient)
            keys[record.version] = try recipient.open(grant)
        }
        return keys
    }

    private func fill(_ authority: KeyAuthority, fields: Int = 120) async throws {
        let declaration = CatalogDeclaration(tables: [
            .init(
                name: "wide", keyColumns: ["id"],
                fields: (0..<fields).map {
                    .init(
                        name: "f\($0)", sensitivity: .low, rowBound: false, recordKeys: false,
                        indexes: [.init(name: "i", bits: 64, normaliser: .none)])
                })
        ])
        _ = try await authority.applyCatalog(declaration, context: .test)
        for field in 0..<fields {
            let name = try #require(FieldName("wide.f\(field)"))
            _ = try await authority.ensureKeys(of: name, context: .test)
        }
    }
}
