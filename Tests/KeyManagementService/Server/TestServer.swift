import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import FieldsealRPCTransport
import Foundation
import NIOPosix
import Synchronization
import Testing

@testable import FieldsealServiceRuntime
@testable import KeyManagementService

/// The service behind real TLS on a port of its own, over a real store; what it records is kept for looking at.
final class TestServer: Sendable {
    static let identity = "spiffe://fieldseal.local/service/key-management"
    static let policy = """
        version: 1
        rules:
          - identity: spiffe://fieldseal.local/service/encryption
            operations: [get-field-key, derive-field-key, rotate-key, get-subject-key, lease]
            fields: ["users.*"]
          - identity: spiffe://fieldseal.local/service/encryption
            operations: [get-audit-hash-key, status, watch-keys]
          - identity: spiffe://fieldseal.local/operator/admin
            operations: [rotate-key, derive-field-key, erase-subject]
            fields: ["*"]
          - identity: spiffe://fieldseal.local/operator/admin
            operations:
              [
                apply-catalog, get-catalog, list-keys, show-key, status, compromise-key, accept-restore, manage-custody,
                unseal, backup-store, list-alerts,
              ]
          - identity: spiffe://fieldseal.local/auditor/demo
            operations: [unseal]
          - identity: spiffe://fieldseal.local/backend/demo
            operations: [rotate-key, erase-subject]
            fields: ["users.note"]
        """

    let authority: KeyAuthority
    let backupProvider: MemoryProvider
    private let port: Int
    private let certificates: TestCertificates
    private let sink: RecordingSink
    let trail: AuditTrail

    /// Runs `body` against a server over `store`, and stops it.
    static func with(
        _ store: TestStore, unsealed: Bool = true, custodians: Custodians? = nil, history: (any AuditHistory)? = nil,
        clock: @escaping @Sendable () -> Int64 = UnixClock.microseconds, rotations: RotationLimit = RotationLimit(),
        _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates.shared.get()
        let authority = try store.sealedReplica(custodians: custodians, history: history, clock: clock)
        if unsealed { try await authority.unseal() }
        let sink = RecordingSink()
        let folder = NSTemporaryDirectory() + "/fieldseal-spool-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let trail = try AuditTrail(
            configuration: AuditTrailConfiguration(producer: identity, directory: folder), sink: sink,
            logger: TestStore.logger)
        let policy = PolicyStore(policy: try Policy(yaml: policy, file: "policy.yaml"))
        var service = KeysService(
            authority: authority, trail: trail, policy: policy, grantSeconds: 300, logger: TestStore.logger)
        service.rotations = rotations
        let backupProvider = try MemoryProvider()
        service.backupProvider = backupProvider
        let rpcService = service.rpcService()
        let server = try RPCServer(
            host: "127.0.0.1", port: 0, tls: certificates.settings("key-management-service"),
            services: [rpcService],
            authorizer: PolicyAuthorizer(policy: policy) { trail.recorder(on: $0) },
            gate: { trail.recorder(on: $0) }, observer: RefusalObserver(trail: trail),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: TestStore.logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await trail.run() }
            group.addTask { try await server.run() }
            group.addTask { try await KeyWatchService(authority: authority, beat: .milliseconds(200)).run() }
            let port = try #require(try await server.boundAddress().port)
            let test = TestServer(
                authority: authority, backupProvider: backupProvider, port: port, certificates: certificates,
                sink: sink,
                trail: trail)
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(test))
            } catch {
                outcome = .failure(error)
            }
            group.cancelAll()
            while (try? await group.next()) != nil {}
            try outcome.get()
        }
    }

    private init(
        authority: KeyAuthority, backupProvider: MemoryProvider, port: Int, certificates: TestCertificates,
        sink: RecordingSink, trail: AuditTrail
    ) {
        self.authority = authority
        self.backupProvider = backupProvider
        self.port = port
        self.certificates = certificates
        self.sink = sink
        self.trail = trail
    }

    /// Calls as the party whose certificate is called `name`.
    func call<Response: ProtoMessage>(
        _ method: String, _ request: some ProtoMessage, as name: String, answering: Response.Type = Response.self
    ) async throws -> Response {
        try Response(decoding: try await call(method, payload: request.encoded(), as: name))
    }

    func call(_ method: String, payload: [UInt8], as name: String) async throws -> [UInt8] {
        let client = try makeClient(as: name)
        do {
            let reply = try await client.unary(
                service: KeysService.name, method: method, payload: payload, timeout: .seconds(60))
            await client.shutdown()
            return reply
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// A client with the certificate called `name`, which must be shut down.
    func makeClient(as name: String) throws -> RPCClient {
        try RPCClient(
            targets: [RPCTarget(host: "127.0.0.1", port: port, identity: Self.identity)],
            tls: certificates.settings(name), eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: TestStore.logger)
    }

    /// All messages of a streaming call.
    func stream(_ method: String, payload: [UInt8], as name: String) async throws -> [[UInt8]] {
        let client = try RPCClient(
            targets: [RPCTarget(host: "127.0.0.1", port: port, identity: Self.identity)],
            tls: certificates.settings(name), eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: TestStore.logger)
        var messages: [[UInt8]] = []
        do {
            for try await message in client.serverStreaming(service: KeysService.name, method: method, payload: payload)
            {
                messages.append(message)
            }
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        return messages
    }

    /// The status with which a call fails; nil where it succeeds.
    func status(_ method: String, _ request: some ProtoMessage, as name: String) async throws -> RPCStatus? {
        do {
            _ = try await call(method, payload: request.encoded(), as: name)
            return nil
        } catch let status as RPCStatus {
            return status
        }
    }

    /// All events that reached the spool, once `condition` holds of them.
    func events(until condition: @Sendable ([Proto.Event]) -> Bool) async throws -> [Proto.Event] {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let events = try sink.events()
            if condition(events) { return events }
            try #require(ContinuousClock.now < end, "the events did not come: \(events)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Takes blocks as the audit service does, into memory.
final class RecordingSink: BlockSink {
    private let blocks = Mutex<[UInt64: [UInt8]]>([:])

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        self.blocks.withLock { known in
            for block in blocks { known[block.sequence] = block.block }
            return known.keys.max() ?? 0
        }
    }

    func events() throws -> [Proto.Event] {
        try blocks.withLock { $0 }.sorted { $0.key < $1.key }.flatMap { entry in
            try Proto.Block(decoding: entry.value).events.map { try Proto.Event(decoding: $0) }
        }
    }
}
