import FieldsealCrypto
import Testing

@testable import KeyManagementService

/// A request to re-encrypt stays open for as long as values may be left under a compromised version.
@Suite(.enabled(if: TestStore.isConfigured)) struct ReencryptionTests {
    private let clock = StoreClock()

    private func with(_ body: (KeyAuthority, KeyRecord) async throws -> Void) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica(at: clock)
            _ = try await replica.applyCatalog(Sample.declaration(), context: .test)
            _ = try await replica.ensureKeys(of: .note, context: .test)
            try await body(replica, try await replica.ensureKeys(of: .email, context: .test))
        }
    }

    private func compromise(_ replica: KeyAuthority, _ name: String) async throws {
        let note = try #require(CompromiseNote(reason: "a dump was found", suspectedSinceUnixMs: nil))
        let object = try #require(try await replica.keyObject(named: name))
        _ = try await replica.compromise(object, called: name, version: nil, note: note, context: .test)
    }

    private func count(_ replica: KeyAuthority, _ counts: [KeyVersion?: UInt64]) async throws {
        _ = try await replica.report(
            counts, of: .email, location: "", begunUnixUs: clock.now, isPrimary: true, context: .test)
    }

    @Test func aCensusThatFindsNothingClosesIt() async throws {
        try await with { replica, first in
            #expect(try await replica.schedule(of: "").reencryptions.isEmpty)
            try await compromise(replica, "users.email")
            let since = clock.now
            let open = try #require(try await replica.schedule(of: "users").reencryptions.first)
            #expect(open.name == "users.email" && open.versions == [first.version] && open.count == nil)
            #expect(try await replica.schedule(of: "users.note").reencryptions.isEmpty)

            // Somebody may still seal with what was granted before.
            try await count(replica, [:])
            #expect(try await replica.schedule(of: "").reencryptions.map(\.versions) == [[first.version]])
            clock.advance(days: 1)
            try await count(replica, [first.version: 4])
            let message = try #require(try await replica.schedule(of: "").reencryptions.first).message
            #expect(message.rows == 4 && message.censusUnixMs == clock.now / 1_000)
            #expect(message.sinceUnixMs == since / 1_000 && message.reason == "compromise")
            clock.advance(days: 1)
            try await count(replica, [:])
            #expect(try await replica.schedule(of: "").reencryptions.isEmpty)

            try await compromise(replica, "users.email")
            #expect(try await replica.schedule(of: "").reencryptions.count == 1)
        }
    }

    @Test func theLastDestructionClosesIt() async throws {
        try await with { replica, first in
            try await compromise(replica, "users")
            let fields = try await replica.schedule(of: "").reencryptions.map(\.name)
            #expect(fields.sorted() == ["users.email", "users.note"])
            for name in ["a", "b"] {
                _ = try await replica.forceDestruction(
                    of: first.version, of: "users.email", dryRun: false, context: .operating(as: name)
                ) { _ in }
            }
            #expect(try await replica.schedule(of: "").reencryptions.map(\.name) == ["users.note"])
        }
    }

    @Test func whatWasLeftBeforeNeedsNone() async throws {
        try await with { replica, first in
            _ = try await replica.rotate(first.object, called: "users.email", context: .test)
            clock.advance(days: 1)
            try await count(replica, [:])
            let note = try #require(CompromiseNote(reason: "an old dump", suspectedSinceUnixMs: nil))
            _ = try await replica.compromise(
                first.object, called: "users.email", version: first.version, note: note, context: .test)
            #expect(try await replica.schedule(of: "").reencryptions.isEmpty)
        }
    }
}
