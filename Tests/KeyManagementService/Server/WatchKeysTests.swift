import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import FieldsealRPCTransport
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct WatchKeysTests {
    private static let replica = [UInt8](1...16)

    private func withServer(_ body: @Sendable @escaping (TestServer) async throws -> Void) async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                _ = try await server.call(
                    "ApplyCatalog", Proto.ApplyCatalogRequest(tables: KeysServiceTests.catalog), as: "operator",
                    answering: Proto.ApplyCatalogResponse.self)
                while server.authority.watch.newest == nil { await Task.yield() }
                try await body(server)
            }
        }
    }

    @Test func aRotationReachesWhoMayHaveTheKeyAndNobodyElse() async throws {
        try await withServer { server in
            let logs = try #require(FieldName("logs.line"))
            for field in [FieldName.note, logs] {
                _ = try await server.authority.ensureKeys(of: field, context: .test)
            }
            try await server.following(Proto.WatchKeysRequest(replica: Self.replica)) { stream in
                let start = try #require(try await stream.next())
                #expect(!start.lost && start.changes.isEmpty)
                var versions: [UInt64] = []
                for name in ["logs.line", "users.note"] {
                    let object = try #require(try await server.authority.keyObject(named: name))
                    let record = try await server.authority.rotate(object, called: name, context: .test)
                    versions.append(record.version.rawValue)
                }
                let newest = try await server.authority.read { try await $0.revision().revision }
                var told: [Proto.KeyChange] = []
                while let message = try await stream.next() {
                    told += message.changes
                    if message.position == newest { break }
                }
                #expect(told == [Proto.KeyChange(kind: .keyAdded, field: "users.note", version: versions[1])])

                let before: Proto.ShowPropagationResponse = try await server.call(
                    "ShowPropagation", Proto.ShowPropagationRequest(revision: newest), as: "operator")
                #expect(before.watchers.map(\.acknowledged) == [false])
                #expect(before.watchers.first?.replica == Self.replica)
                // Whoever waits is woken by the acknowledgement, not by a clock.
                async let waiting: Proto.ShowPropagationResponse = server.call(
                    "ShowPropagation", Proto.ShowPropagationRequest(revision: newest, waitMs: 10_000), as: "operator")
                _ = try await server.call(
                    "AcknowledgeKeys", Proto.AcknowledgeKeysRequest(replica: Self.replica, position: newest),
                    as: "encryption-service", answering: Proto.AcknowledgeKeysResponse.self)
                let after = try await waiting
                #expect(after.watchers.map(\.acknowledged) == [true])
            }
        }
    }

    @Test func whoComesBackHearsWhatItMissed() async throws {
        try await withServer { server in
            let first = try await server.authority.ensureKeys(of: .note, context: .test)
            let position = try await server.authority.read { try await $0.revision().revision }
            let second = try await server.authority.rotate(first.object, called: "users.note", context: .test)
            try await server.following(Proto.WatchKeysRequest(position: position, replica: Self.replica)) { stream in
                var told: [Proto.KeyChange] = []
                while told.isEmpty, let message = try await stream.next() { told += message.changes }
                #expect(told.map(\.version) == [second.version.rawValue])
                // Signs of life come without any change.
                for _ in 0..<3 {
                    let sign = try #require(try await stream.next())
                    #expect(sign.changes.isEmpty)
                }
            }
        }
    }

    @Test func aPositionThatTheStoreDoesNotKnowIsLost() async throws {
        try await withServer { server in
            try await server.following(Proto.WatchKeysRequest(position: 9_999, replica: Self.replica)) { stream in
                let message = try #require(try await stream.next())
                #expect(message.lost && message.position < 9_999)
            }
            // What is no longer kept, too.
            for _ in 0..<3 { _ = try await server.authority.applyCatalog(Sample.declaration(), context: .test) }
            try await server.authority.pool.query("DELETE FROM key_changes WHERE revision < 5")
            server.authority.watch.close()
            await KeyWatchService(authority: server.authority).look()
            try await server.following(Proto.WatchKeysRequest(position: 1, replica: Self.replica)) { stream in
                let message = try #require(try await stream.next())
                #expect(message.lost)
            }
        }
    }

    @Test func theStoreIsFollowedAsSoonAsItIsUnsealed() async throws {
        try await TestStore.with { store in
            _ = try await store.replica()
            let replica = try store.sealedReplica()
            try await withThrowingTaskGroup { group in
                group.addTask { try await KeyWatchService(authority: replica, beat: .seconds(3_600)).run() }
                let listeners: PostgresQuery = """
                    SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN %'
                    """
                while try await replica.pool.query(listeners).isEmpty { await Task.yield() }
                #expect(replica.watch.newest == nil)
                try await replica.unseal()
                while replica.watch.newest == nil { await Task.yield() }
                group.cancelAll()
            }
        }
    }

    @Test func streamsEndWhenTheReplicaStops() async throws {
        try await withServer { server in
            try await server.following(Proto.WatchKeysRequest(replica: Self.replica)) { stream in
                _ = try await stream.next()
                server.authority.watch.close()
                let end = await failure { while try await stream.next() != nil {} }
                #expect(end != nil)
            }
            let denied = try await server.status(
                "AcknowledgeKeys", Proto.AcknowledgeKeysRequest(replica: Self.replica, position: 1), as: "operator")
            #expect(denied?.code == .permissionDenied)
            let malformed = try await server.status(
                "AcknowledgeKeys", Proto.AcknowledgeKeysRequest(replica: [1], position: 1), as: "encryption-service")
            #expect(malformed?.code == .invalidArgument)
        }
    }
}

extension TestServer {
    /// The messages of one `WatchKeys` call.
    struct Changes {
        var iterator: AsyncThrowingStream<[UInt8], any Error>.AsyncIterator

        mutating func next() async throws -> Proto.KeyChanges? {
            guard let payload = try await iterator.next(isolation: #isolation) else { return nil }
            return try Proto.KeyChanges(decoding: payload)
        }
    }

    /// Follows from a replica that has read all that the store holds.
    func following(
        _ request: Proto.WatchKeysRequest, as name: String = "encryption-service",
        _ body: (inout Changes) async throws -> Void
    ) async throws {
        let stored = try await authority.read { try await $0.revision().revision }
        while let newest = authority.watch.newest, newest < stored { await Task.yield() }
        let client = try makeClient(as: name)
        do {
            let stream = client.serverStreaming(
                service: KeysService.name, method: "WatchKeys", payload: request.encoded())
            var changes = Changes(iterator: stream.makeAsyncIterator())
            try await body(&changes)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }
}
