import FieldsealAuditTrail
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime
import Foundation
import Logging
import NIOCore
import NIOPosix

@testable import EncryptionService

/// A handler on an event loop of its own, with keys made in the process, a real audit trail in a folder of its own, and
/// no sockets.
final class HandlerBench: Sendable {
    static let backend = "spiffe://test/backend"
    static let migration = "spiffe://test/migration"
    static let reader = "spiffe://test/reader"
    static let policy = """
        version: 1
        rules:
          - identity: spiffe://test/backend
            operations: [encrypt, encrypt-deterministic, decrypt, rewrap, rebind, blind-index, describe-field]
            fields: ["users.*", "notes.*", "people.*"]
          - identity: spiffe://test/reader
            operations: [decrypt]
            fields: ["users.email"]
          - identity: spiffe://test/migration
            operations: [rewrap, rewrap-compromised]
            fields: ["users.*"]
          - identity: spiffe://test/migration
            operations: [rewrap, decrypt, rebind, encrypt, blind-index]
            fields: ["notes.*"]
          - identity: spiffe://test/writer
            operations: [encrypt]
            fields: ["users.*"]
        """

    let source = TestKeySource()
    let clock = TestClock()
    let store = FieldKeyStore(capacity: 256)
    let sink = TestSink()
    let policy: PolicyStore
    let trail: AuditTrail
    private let work = BackgroundWork()
    let loader: KeyLoader
    private let group: MultiThreadedEventLoopGroup
    private let handler: NIOLoopBound<EncryptionHandler>
    private let peers: NIOLoopBoundBox<[String: RPCPeer]>

    private init(folder: String) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        policy = PolicyStore(policy: try Policy(yaml: Self.policy, file: "policy.yaml"))
        trail = try AuditTrail(
            configuration: AuditTrailConfiguration(producer: "spiffe://test/encryption", directory: folder), sink: sink,
            logger: logger)
        loader = KeyLoader(source: source, store: store, work: work, clock: clock, logger: logger)
        let service = EncryptionService(
            source: source, store: store, loader: loader, work: work, policy: policy, trail: trail, clock: clock,
            keyedCiphers: 8)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        (handler, peers) = try await loop.submit {
            let ciphers = try LoopCiphers(capacity: 8)
            return (
                NIOLoopBound(EncryptionHandler(service, ciphers: ciphers, loop: loop), eventLoop: loop),
                NIOLoopBoundBox([:], eventLoop: loop)
            )
        }.get()
    }

    /// Runs `body` beside the services, and stops all of it.
    static func run(_ body: @escaping @Sendable (HandlerBench) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fieldseal-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try await HandlerBench(folder: folder)
        try await withThrowingTaskGroup { group in
            group.addTask { try await bench.work.run() }
            group.addTask { try await bench.trail.run() }
            group.addTask { try await body(bench) }
            while try await group.next() == nil {}
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
        try await bench.group.shutdownGracefully()
    }

    /// Makes a call as its server would: at once where the keys are there, else after the loader has answered.
    func call<Answer: ProtoMessage>(
        _ method: EncryptionMethod, _ request: some ProtoMessage, as identity: String = HandlerBench.backend
    ) async throws -> Answer {
        let payload = request.encoded()
        var outcome = try await serve(method, payload, identity, loaded: nil)
        if case .missing(let missing) = outcome {
            let maximumAge = method == .rewrap ? EncryptionHandler.newestWithin : nil
            let loaded = await loader.loaded(missing, identity: identity, maximumAge: maximumAge)
            outcome = try await serve(method, payload, identity, loaded: loaded)
        }
        switch outcome {
        case .answered(let bytes): return try Answer(decoding: bytes)
        case .failed(let status): throw status
        case .missing: throw RPCStatus.internal("keys are missing after they were loaded")
        }
    }

    private enum Outcome: Sendable {
        case answered([UInt8])
        case failed(RPCStatus)
        case missing(MissingKeys)
    }

    private func serve(
        _ method: EncryptionMethod, _ payload: [UInt8], _ identity: String, loaded: LoadedKeys?
    ) async throws -> Outcome {
        let loop = group.next()
        let recorded = loop.makePromise(of: Void.self)
        let outcome = try await loop.submit { [handler, peers] in
            let peer = peers.value[identity] ?? RPCPeer(identity: identity, address: "127.0.0.1:1", eventLoop: loop)
            peers.value[identity] = peer
            let call = ServerCall(
                peer: peer, service: "fieldseal.v1.Encryption", method: method.descriptor,
                requestID: CallIdentifier(high: 1, low: 2), traceID: CallIdentifier(high: 3, low: 4))
            var reply = ReplyWriter()
            let served = payload.withUnsafeBytes {
                handler.value.serve(method, $0, Caller(call), loaded: loaded, &reply)
            }
            handler.value.recorder.commit { _ in recorded.succeed() }
            return switch served {
            case .answered: Outcome.answered(reply.payload)
            case .failed(let status): Outcome.failed(status)
            case .missing(let missing): Outcome.missing(missing)
            case .forwarded: Outcome.failed(.unknownMethod)
            }
        }.get()
        try await recorded.futureResult.get()
        return outcome
    }

    /// The events of an operation, once `count` items are among them.
    func events(of operation: Proto.Operation, items count: UInt64) async -> [Proto.Event] {
        while true {
            let events = sink.events.filter { $0.operation == operation }
            if events.reduce(0, { $0 + $1.count }) >= count { return events }
            await Task.yield()
        }
    }
}
