import FieldsealAuditTrail
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime
import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

@testable import EncryptionService

/// Handlers on event loops of their own, with keys made in the process, a real audit trail in a folder of its own, and no
/// sockets.
final class HandlerBench: Sendable {
    static let backend = "spiffe://test/backend"
    static let migration = "spiffe://test/migration"
    static let reader = "spiffe://test/reader"
    static let policy = """
        version: 1
        rules:
          - identity: spiffe://test/backend
            operations: [encrypt, encrypt-deterministic, decrypt, rewrap, rebind, blind-index, describe-field, hash-record]
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

    let source: TestKeySource
    let clock = TestClock()
    /// Of the stream of changes; nil where it is not followed.
    let signs: SignsOfLife?
    let store = FieldKeyStore(capacity: 256)
    let sink = TestSink()
    let policy: PolicyStore
    let trail: AuditTrail
    private let work = BackgroundWork()
    let loader: KeyLoader
    private let group: MultiThreadedEventLoopGroup
    private let loops: [Loop]
    private let waitCount = Atomic(0)

    private struct Loop: Sendable {
        let handler: NIOLoopBound<EncryptionHandler>
        let peers: NIOLoopBoundBox<[String: RPCPeer]>
    }

    private init(folder: String, source: TestKeySource, loops: Int, followsChanges: Bool) async throws {
        self.source = source
        signs = followsChanges ? SignsOfLife(at: clock.now()) : nil
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        policy = PolicyStore(policy: try Policy(yaml: Self.policy, file: "policy.yaml"))
        trail = try AuditTrail(
            configuration: AuditTrailConfiguration(producer: "spiffe://test/encryption", directory: folder), sink: sink,
            logger: logger)
        loader = KeyLoader(source: source, store: store, work: work, clock: clock, logger: logger, signs: signs)
        let service = EncryptionService(
            source: source, store: store, loader: loader, work: work, policy: policy, trail: trail, clock: clock,
            keyedCiphers: 8)
        group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        var made: [Loop] = []
        for loop in group.makeIterator() {
            made.append(
                try await loop.submit {
                    let ciphers = try LoopCiphers(capacity: 8)
                    return Loop(
                        handler: NIOLoopBound(
                            EncryptionHandler(service, ciphers: ciphers, loop: loop), eventLoop: loop),
                        peers: NIOLoopBoundBox([:], eventLoop: loop))
                }.get())
        }
        self.loops = made
    }

    /// Calls that had to wait for keys or seals.
    var waits: Int { waitCount.load(ordering: .relaxed) }

    /// Runs `body` beside the services, and stops all of it.
    static func run(
        source: TestKeySource = TestKeySource(), loops: Int = 1, followsChanges: Bool = false,
        _ body: @escaping @Sendable (HandlerBench) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fieldseal-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try await HandlerBench(folder: folder, source: source, loops: loops, followsChanges: followsChanges)
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
    ///
    /// - Parameters:
    ///   - loop: which of the event loops serves it.
    ///   - loaded: called when the loader has answered, and the call has not come to its turn.
    func call<Answer: ProtoMessage>(
        _ method: EncryptionMethod, _ request: some ProtoMessage, as identity: String = HandlerBench.backend,
        on loop: Int = 0, loaded: @Sendable () async -> Void = {}
    ) async throws -> Answer {
        let payload = request.encoded()
        var outcome = try await serve(method, payload, identity, on: loops[loop], loaded: nil)
        if case .missing(let missing) = outcome {
            waitCount.add(1, ordering: .relaxed)
            let maximumAge = method == .rewrap ? EncryptionHandler.newestWithin : nil
            for attempt in 1...EncryptionHandler.loadLimit {
                let keys = await loader.loaded(missing, identity: identity, maximumAge: maximumAge)
                if attempt == 1 { await loaded() }
                if attempt < EncryptionHandler.loadLimit, try await !isCurrent(keys, on: loops[loop]) { continue }
                outcome = try await serve(method, payload, identity, on: loops[loop], loaded: keys)
                break
            }
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

    private func isCurrent(_ loaded: LoadedKeys, on loop: Loop) async throws -> Bool {
        try await loop.handler.eventLoop.submit { [clock] in
            loop.handler.value.keys.isCurrent(loaded, at: clock.now())
        }.get()
    }

    private func serve(
        _ method: EncryptionMethod, _ payload: [UInt8], _ identity: String, on bound: Loop, loaded: LoadedKeys?
    ) async throws -> Outcome {
        let loop = bound.handler.eventLoop
        let recorded = loop.makePromise(of: Void.self)
        let outcome = try await loop.submit {
            let peer =
                bound.peers.value[identity] ?? RPCPeer(identity: identity, address: "127.0.0.1:1", eventLoop: loop)
            bound.peers.value[identity] = peer
            let call = ServerCall(
                peer: peer, service: "fieldseal.v1.Encryption", method: method.descriptor,
                requestID: CallIdentifier(high: 1, low: 2), traceID: CallIdentifier(high: 3, low: 4))
            var reply = ReplyWriter()
            let served = payload.withUnsafeBytes {
                bound.handler.value.serve(method, $0, Caller(call), loaded: loaded, &reply)
            }
            bound.handler.value.recorder.commit { _ in recorded.succeed() }
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
