import FieldsealClient
import Foundation
import Glibc
import Testing

/// A service that dies while it is called.
@Suite(.cluster, .serialized, .timeLimit(.minutes(5))) struct RestartTests {
    private static let row = RecordID(.integer(7))

    /// Encrypts without end in eight tasks, which `body` may disturb. Answers what was refused.
    private static func disturbed(
        _ client: FieldsealClient, by body: @escaping @Sendable () async throws -> Void
    ) async throws -> [FieldsealError.Code] {
        let (sealed, seal) = AsyncStream<Void>.makeStream()
        let callers = (0..<8).map { number in
            Task {
                var refused: [FieldsealError.Code] = []
                while !Task.isCancelled {
                    do {
                        _ = try await client.encryptField("users.email", "\(number)", recordID: row)
                        seal.yield()
                    } catch let error as FieldsealError where error.code != .cancelled {
                        refused.append(error.code)
                    } catch {}
                }
                return refused
            }
        }
        var next = sealed.makeAsyncIterator()
        for _ in 0..<50 { await next.next() }
        try await body()
        // What was sealed until now may have been counted before.
        for _ in 0..<5_000 { await next.next() }
        var refused: [FieldsealError.Code] = []
        for caller in callers {
            caller.cancel()
            refused += await caller.value
        }
        return refused
    }

    private static func killAndStart(_ cluster: Cluster) async throws {
        let text = try String(contentsOfFile: "\(cluster.state)/run/encryption-service.pid", encoding: .utf8)
        let process = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(process, SIGKILL) == 0)
        try await cluster.run("compose/local", "up")
    }

    @Test func patienceOutlastsARestart() async throws {
        let cluster = try Cluster.current
        let client = try cluster.client(.init(patience: .seconds(60)))
        let refused = try await Self.disturbed(client) { try await Self.killAndStart(cluster) }
        #expect(refused.isEmpty)
        await client.shutdown()
    }

    @Test func withoutPatienceCallersAreToldAndTheNextCallsGoThrough() async throws {
        let cluster = try Cluster.current
        let client = try cluster.client()
        let refused = try await Self.disturbed(client) { try await Self.killAndStart(cluster) }
        #expect(Set(refused) == [.unavailable])
        await client.shutdown()
    }
}
