import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct BackupCallTests {
    @Test func aBackupIsStreamedWithItsDigestAndItsEndsAreRecorded() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                let bench = try BackupBench()
                let (bytes, last) = try await backup(server, as: "operator")
                #expect(last.digest == (try SHA256.hash(bytes)))
                let path = try bench.write(bytes, to: "b")
                let file = try BackupFile(path: path)
                #expect(file.header.state.revision == last.revision && last.revision > 0)
                let restore = StoreRestore(authority: server.authority, provider: server.backupProvider)
                #expect(try await restore.verify(path: path).state == file.header.state)
                let events = try await server.events { $0.count { $0.operation == .backupStore } == 2 }
                let mine = events.filter { $0.operation == .backupStore }
                #expect(mine.map(\.cause) == ["begun", ""])
                #expect(mine.map(\.storeRevision) == [0, last.revision])
            }
        }
    }

    @Test func whoMayNotGetsNothing() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                #expect(await status { _ = try await backup(server, as: "encryption-service") } == .permissionDenied)
            }
            try await TestServer.with(store, unsealed: false) { server in
                #expect(await status { _ = try await backup(server, as: "operator") } == .unavailable)
                let events = try await server.events { $0.contains { $0.cause == "sealed" } }
                #expect(events.contains { $0.operation == .backupStore && $0.cause == "sealed" })
            }
        }
    }

    @Test func alertsAreListed() async throws {
        try await TestStore.with { store in
            try await TestServer.with(store) { server in
                await server.authority.alerts.raise(
                    .init(.providerUnreachable, .warning, object: "vault", text: "no answer"))
                let listed: Proto.ListAlertsResponse = try await server.call(
                    "ListAlerts", Proto.ListAlertsRequest(), as: "operator")
                let alert = try #require(listed.alerts.first)
                #expect(alert.kind == "provider-unreachable" && alert.severity == "warning" && alert.object == "vault")
                #expect(alert.text == "no answer" && alert.id.count == 16 && alert.raisedUnixMs > 0)
                let later = Proto.ListAlertsRequest(sinceUnixMs: alert.raisedUnixMs + 1_000)
                let none: Proto.ListAlertsResponse = try await server.call("ListAlerts", later, as: "operator")
                #expect(none.alerts.isEmpty)
                for request in [Proto.ListAlertsRequest(sinceUnixMs: .max), .init(sinceUnixMs: -1)] {
                    #expect(try await server.status("ListAlerts", request, as: "operator")?.code == .invalidArgument)
                }
                #expect(
                    try await server.status("ListAlerts", Proto.ListAlertsRequest(), as: "encryption-service")?.code
                        == .permissionDenied)
            }
        }
    }

    private func status(_ body: () async throws -> Void) async -> RPCCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RPCStatus)?.code
        }
    }

    private func backup(_ server: TestServer, as name: String) async throws -> ([UInt8], Proto.BackupChunk) {
        var bytes: [UInt8] = []
        var last = Proto.BackupChunk()
        for message in try await server.stream("Backup", payload: Proto.BackupRequest().encoded(), as: name) {
            let chunk = try Proto.BackupChunk(decoding: message)
            bytes += chunk.data
            last = chunk
        }
        guard last.last else { throw RPCStatus(.dataLoss, "no last chunk") }
        return (bytes, last)
    }
}
