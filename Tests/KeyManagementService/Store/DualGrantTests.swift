import FieldsealCrypto
import Synchronization
import Testing

@testable import KeyManagementService

/// The second version that a grant of a dual field's active one carries during a transition.
@Suite(.enabled(if: TestStore.isConfigured)) struct DualGrantTests {
    private static let day: Int64 = 86_400_000_000

    private static func declaration(isDual: Bool = true, rowBound: Bool = false) -> CatalogDeclaration {
        CatalogDeclaration(tables: [
            .init(
                id: nil, name: "users", keyColumns: ["id"],
                fields: [
                    .init(
                        id: nil, name: "email", sensitivity: .high, suite: .aes256GCM, rowBound: rowBound,
                        recordKeys: false, lifecycle: FieldLifecycle(transitionDays: 7, isDual: isDual), indexes: [])
                ])
        ])
    }

    /// A replica whose clock the test sets.
    private func with(
        isDual: Bool = true, _ body: (KeyAuthority, Recipient, Clock) async throws -> Void
    ) async throws {
        try await TestStore.with { store in
            let clock = Clock(now: UnixClock.microseconds())
            let replica = try store.sealedReplica(clock: { clock.now.withLock { $0 } })
            try await replica.unseal()
            _ = try await replica.applyCatalog(Self.declaration(isDual: isDual), context: .test)
            try await body(replica, try Recipient(), clock)
        }
    }

    private final class Clock: Sendable {
        let now: Mutex<Int64>
        init(now: Int64) { self.now = Mutex(now) }
    }

    private func rotate(_ replica: KeyAuthority) async throws -> KeyRecord {
        let object = try #require(try await replica.keyObject(named: "users.email"))
        return try await replica.rotate(object, called: "users.email", context: .test)
    }

    @Test func theVersionBeforeComesAlongUntilItsWindowCloses() async throws {
        try await with { replica, recipient, clock in
            let first = try await replica.grant(.email, to: recipient)
            #expect(first.partner == nil)
            let second = try await rotate(replica)
            let grant = try await replica.grant(.email, to: recipient)
            #expect(grant.record.version == second.version)
            let partner = try #require(grant.partner)
            #expect(partner.version == first.record.version)
            let key = try recipient.pair.open(
                partner.sealedKey, identity: Recipient.identity,
                context: KeyAgreement.context(.fek, object: grant.entry.field.id, version: partner.version))
            let opened = key.withUnsafeBytes { Array($0) }
            #expect(try opened == recipient.open(first))
            // The older version's own grant opens only.
            let old = try await replica.grant(.email, version: first.record.version, to: recipient)
            #expect(old.partner == nil)
            let message = grant.message(ttlSeconds: 300)
            #expect(message.partner?.version == first.record.version.rawValue && message.description?.dual == true)

            clock.now.withLock { $0 += 7 * Self.day - 1_000_000 }
            #expect(try await replica.grant(.email, to: recipient).partner?.version == first.record.version)
            clock.now.withLock { $0 += 2_000_000 }
            #expect(try await replica.grant(.email, to: recipient).partner == nil)
        }
    }

    @Test func onlyTheLastVersionButOneComesAlong() async throws {
        try await with { replica, recipient, _ in
            _ = try await replica.grant(.email, to: recipient)
            let second = try await rotate(replica)
            _ = try await rotate(replica)
            #expect(try await replica.grant(.email, to: recipient).partner?.version == second.version)
        }
    }

    @Test func aFieldThatIsNotDualHasNone() async throws {
        try await with(isDual: false) { replica, recipient, _ in
            _ = try await replica.grant(.email, to: recipient)
            _ = try await rotate(replica)
            #expect(try await replica.grant(.email, to: recipient).partner == nil)
        }
        try await with { replica, recipient, _ in
            _ = try await replica.grant(.email, to: recipient)
            _ = try await rotate(replica)
            _ = try await replica.applyCatalog(Self.declaration(isDual: false), context: .test)
            #expect(try await replica.grant(.email, to: recipient).partner == nil)
        }
    }

    @Test(arguments: [KeyState.Event.windowClosed, .compromised])
    func aRetiredOrCompromisedVersionComesAlongNoMore(event: KeyState.Event) async throws {
        try await with { replica, recipient, _ in
            let first = try await replica.grant(.email, to: recipient).record
            _ = try await rotate(replica)
            _ = try await replica.change { writer in
                let old = try #require(try await writer.reader.key(first.object, version: first.version))
                _ = try await writer.update(try #require(old.after(event, atUnixUs: writer.nowUnixUs)))
            }
            #expect(try await replica.grant(.email, to: recipient).partner == nil)
        }
    }

    @Test func versionsThatBindOtherwiseAreNotUsedTogether() async throws {
        try await with { replica, recipient, _ in
            _ = try await replica.grant(.email, to: recipient)
            _ = try await replica.applyCatalog(Self.declaration(rowBound: true), context: .test)
            let grant = try await replica.grant(.email, to: recipient)
            #expect(grant.record.protection?.rowBound == true)
            #expect(grant.partner == nil)
        }
    }

    /// After a rollback the version that is active again has the partner that it had, or none.
    @Test func aRollbackLeavesThePlainVersion() async throws {
        try await with { replica, recipient, _ in
            let first = try await replica.grant(.email, to: recipient).record
            let second = try await rotate(replica)
            _ = try await replica.change { writer in
                let new = try #require(try await writer.reader.key(second.object, version: second.version))
                let old = try #require(try await writer.reader.key(first.object, version: first.version))
                try await writer.supersede(new)
                _ = try await writer.update(
                    try #require(old.after(.rolledBack(exhausted: false), atUnixUs: writer.nowUnixUs)))
            }
            let grant = try await replica.grant(.email, to: recipient)
            #expect(grant.record.version == first.version && grant.partner == nil)
            // What was sealed meanwhile opens with either.
            for version in [first.version, second.version] {
                #expect(try await replica.grant(.email, version: version, to: recipient).record.version == version)
            }
            // The next rotation goes on from there.
            _ = try await rotate(replica)
            #expect(try await replica.grant(.email, to: recipient).partner?.version == first.version)
        }
    }
}
