import FieldsealCrypto
import FieldsealPostgres
import Synchronization
import Testing

@testable import KeyManagementService

/// A clock that the test sets.
final class StoreClock: Sendable {
    private let time = Mutex<Int64>(1_800_000_000_000_000)
    var now: Int64 { time.withLock { $0 } }
    func advance(days: Double) { time.withLock { $0 += Int64(days * Double(RotationPolicy.day)) } }
}

extension TestStore {
    /// A replica on a test's clock, with a catalog and a key of `users.email`.
    func replica(
        at clock: StoreClock, rotation: RotationPolicy = RotationPolicy(),
        backupRetention: BackupRetention = .undeclared
    ) async throws -> KeyAuthority {
        let authority = KeyAuthority(
            pool: try pool(), custodians: Custodians(provider),
            identity: "spiffe://fieldseal.local/service/key-management",
            logger: Self.logger, rotation: rotation, backupRetention: backupRetention, clock: { clock.now })
        try await authority.unseal()
        return authority
    }
}

extension CallContext {
    static func operating(as name: String) -> CallContext {
        CallContext(actor: .init(identity: "spiffe://fieldseal.local/operator/\(name)"))
    }
}

@Suite(.enabled(if: TestStore.isConfigured)) struct VersionTests {
    let clock = StoreClock()

    private func with(
        _ change: @escaping (inout CatalogDeclaration.Table) -> Void = { _ in },
        _ body: (KeyAuthority, KeyRecord) async throws -> Void
    ) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(at: clock)
            _ = try await replica.applyCatalog(Sample.declaration(change), context: .test)
            try await body(replica, try await replica.ensureKeys(of: .email, context: .test))
        }
    }

    private func rotate(_ replica: KeyAuthority, _ name: String = "users.email") async throws -> KeyRecord {
        let object = try #require(try await replica.keyObject(named: name))
        return try await replica.rotate(object, called: name, context: .test)
    }

    @Test func aRotationIsRolledBackAndForth() async throws {
        try await with { replica, first in
            let recipient = try Recipient()
            let before = try recipient.open(try await replica.grant(.email, to: recipient))
            clock.advance(days: 1)
            let second = try await rotate(replica)
            clock.advance(days: 1)
            let preview = try await replica.rollBackRotation(of: "users.email", dryRun: true, context: .test)
            #expect(preview.keys.map(\.record.version) == [first.version, second.version])
            #expect(try await replica.grant(.email, to: recipient).record.version == second.version)

            let changed = try await replica.rollBackRotation(of: "users.email", dryRun: false, context: .test)
            #expect(changed.keys.map(\.record.state) == [.active, .transition])
            let active = try await replica.grant(.email, to: recipient)
            #expect(active.record.version == first.version)
            #expect(try recipient.open(active) == before)
            #expect(active.record.stateUnixUs == clock.now, "its time begins anew")
            #expect(active.record.expiresUnixUs == clock.now + 30 * RotationPolicy.day)
            #expect(try await replica.grant(.email, version: second.version, to: recipient).record.state == .transition)
            clock.advance(days: 1)
            _ = try await replica.rollBackRotation(of: "users.email", dryRun: false, context: .test)
            #expect(try await replica.activeVersions(.fek).map(\.version) == [second.version])
            let third = try await rotate(replica)
            #expect(third.rotationCount == 2)
        }
    }

    @Test func aTablesRotationIsRolledBackWithItsChildren() async throws {
        try await with { replica, _ in
            let recipient = try Recipient()
            let before = try await replica.grant(.email, to: recipient)
            let old = try #require(try await replica.activeVersions(.dek).first)
            let new = try await rotate(replica, "users")
            _ = try await replica.rollBackRotation(of: "users", dryRun: false, context: .test)
            #expect(try await replica.activeVersions(.dek).map(\.version) == [old.version])
            let after = try await replica.grant(.email, to: recipient)
            #expect(after.record.identity.parent?.version == old.version)
            #expect(try recipient.open(after) == recipient.open(before))
            #expect(try recipient.openIndexKeys(after) == recipient.openIndexKeys(before))
            let retired = try await replica.retire(new.version, of: "users", dryRun: false, context: .test)
            #expect(retired.keys.map(\.record.state) == [.retired])
        }
    }

    @Test func whatCannotBeRolledBackIsRefused() async throws {
        try await with { replica, first in
            func rollBack(_ name: String = "users.email") async -> KeyServiceError? {
                await failure { _ = try await replica.rollBackRotation(of: name, dryRun: false, context: .test) }
            }
            #expect(await rollBack() == .nothingToRollBack)
            #expect(await rollBack("master") == .notRotatable)
            #expect(await rollBack("users.email/by_email") == .notRotatable)
            #expect(await rollBack("users.nothing") == .unknownKey)
            _ = try await rotate(replica)
            _ = try await replica.retire(first.version, of: "users.email", dryRun: false, context: .test)
            #expect(await rollBack() == .nothingToRollBack)
            _ = try await replica.restore(first.version, of: "users.email", dryRun: false, context: .test)
            _ = try await replica.applyCatalog(
                Sample.declaration { $0.fields[0].suite = .xaes256GCM }, context: .test)
            #expect(await rollBack() == .protectionChanged)
        }
    }

    @Test func aVersionIsRetiredAndRestoredByHand() async throws {
        try await with { replica, first in
            let recipient = try Recipient()
            func retire() async throws {
                _ = try await replica.retire(first.version, of: "users.email", dryRun: false, context: .test)
            }
            #expect(await failure(retire) == .wrongState(.active))
            _ = try await rotate(replica)
            _ = try await replica.retire(first.version, of: "users.email", dryRun: true, context: .test)
            _ = try await replica.grant(.email, version: first.version, to: recipient)
            try await retire()
            let refused = await failure { _ = try await replica.grant(.email, version: first.version, to: recipient) }
            #expect(refused == .notGranted(.retired))
            #expect(await failure(retire) == .wrongState(.retired))
            clock.advance(days: 5)
            _ = try await replica.restore(first.version, of: "users.email", dryRun: false, context: .test)
            let key = try await replica.key(named: "users.email", version: first.version).key
            #expect(key.details.transitionEndsUnixUs == clock.now + 30 * RotationPolicy.day, "another window")
            _ = try await replica.grant(.email, version: first.version, to: recipient)
        }
    }

    @Test func aRefusedDecryptIsNotedOnceAnHour() async throws {
        try await with { replica, first in
            let recipient = try Recipient()
            _ = try await rotate(replica)
            _ = try await replica.retire(first.version, of: "users.email", dryRun: false, context: .test)
            clock.advance(days: 1)
            let revision = try await replica.catalog().revision
            for _ in 0..<5 {
                _ = await failure { _ = try await replica.grant(.email, version: first.version, to: recipient) }
            }
            let record = try await replica.key(named: "users.email", version: first.version).key.record
            #expect(record.refusedUnixUs == clock.now)
            #expect(try await replica.catalog().revision == revision + 1)
            let alerts = try await replica.pool.query("SELECT FROM alerts WHERE kind = 'retired-key-used'")
            #expect(alerts.count == 1)
            clock.advance(days: 1)
            _ = await failure { _ = try await replica.grant(.email, version: first.version, to: recipient) }
            #expect(
                try await replica.key(named: "users.email", version: first.version).key.record.refusedUnixUs
                    == clock.now)
        }
    }
}
