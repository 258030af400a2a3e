import NIOCore
import NIOPosix
import Testing

@testable import FieldsealAuditTrail

struct RecorderTests {
    private let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()

    /// Runs `body` on the loop, commits, and answers what the gate was told, on the loop.
    private func burst(_ trail: AuditTrail, _ body: @escaping @Sendable (LoopRecorder) -> Void) async throws -> Bool {
        let loop = loop
        return try await loop.flatSubmit {
            let recorder = trail.recorder(on: loop)
            let promise = loop.makePromise(of: Bool.self)
            #expect(!recorder.hasPending)
            body(recorder)
            #expect(recorder.hasPending)
            recorder.commit { durable in
                loop.assertInEventLoop()
                promise.succeed(durable)
            }
            #expect(!recorder.hasPending)
            return promise.futureResult
        }.get()
    }

    @Test("a burst is durable when the gate opens; equal items are one event")
    func burst() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        let actor = test.trail.actor(identity: "spiffe://test/backend")
        let field = test.trail.field(table: "users", field: "email")
        for round in 0..<3 {
            let durable = try await burst(test.trail) { recorder in
                #expect(recorder.admit())
                for request in 0..<4 {
                    recorder.begin(actor: actor, requestID: identifier(round * 10 + request + 1), traceID: .zero)
                    recorder.record(
                        .encrypt, field: field, keyVersion: 3, recordHash: identifier(request), hashKeyVersion: 8)
                    recorder.record(.decrypt, field: field, keyVersion: 3, outcome: 3, cause: "tag")
                }
            }
            #expect(durable)
        }
        let survivor = test.disk.afterPowerFailure()
        let next = try TestTrail(survivor, sink: test.sink)
        try await next.finish()
        let events = try test.sink.events().filter { $0.operation == .encrypt || $0.operation == .decrypt }
        #expect(events.map(\.count) == [4, 4, 4, 4, 4, 4])
        #expect(events.map(\.cause) == ["", "tag", "", "tag", "", "tag"])
        #expect(events.map { $0.requestIDs.count } == Array(repeating: 64, count: 6))
        #expect(events.allSatisfy { $0.traceIDs.isEmpty && $0.actor == "spiffe://test/backend" })
    }

    @Test("bursts of several loops at once")
    func severalLoops() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        let actor = test.trail.actor(identity: "spiffe://test/backend")
        let field = test.trail.field(table: "users", field: "email")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for loop in group.makeIterator() {
                tasks.addTask {
                    for burst in 0..<100 {
                        let durable = try await loop.flatSubmit {
                            let recorder = test.trail.recorder(on: loop)
                            for item in 0..<5 {
                                recorder.begin(actor: actor, requestID: .random(), traceID: .random())
                                recorder.record(
                                    .encrypt, field: field, keyVersion: UInt64(burst % 3), recordHash: identifier(item),
                                    hashKeyVersion: 1)
                            }
                            let promise = loop.makePromise(of: Bool.self)
                            recorder.commit { promise.succeed($0) }
                            return promise.futureResult
                        }.get()
                        #expect(durable)
                    }
                }
            }
            try await tasks.waitForAll()
        }
        try await group.shutdownGracefully()
        try await test.finish()
        let events = try test.sink.events().filter { $0.operation == .encrypt }
        #expect(events.reduce(0) { $0 + $1.count } == 1500)
        #expect(events.reduce(0) { $0 + $1.requestIDs.count } == 1500 * 16)
        #expect(events.reduce(0) { $0 + $1.recordHashes.count } == 1500 * 16)
    }

    @Test("the gate does not open for what could not be kept")
    func failure() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        let actor = test.trail.actor(identity: "spiffe://test/backend")
        test.disk.fail(at: test.disk.operations + 1, as: .failed)
        let durable = try await burst(test.trail) { recorder in
            recorder.begin(actor: actor, requestID: identifier(1), traceID: .zero)
            recorder.record(.encrypt, field: .none, keyVersion: 0)
        }
        #expect(!durable)
        #expect(test.failures.all.count == 1)
        let admitted = try await loop.submit { [loop] in test.trail.recorder(on: loop).admit() }.get()
        #expect(!admitted)
    }

    @Test("the first refusal of a second is held for, the others are counted")
    func refusals() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink())
        let durable = try await burst(test.trail) { recorder in
            for _ in 0..<5 {
                var refusal = AuditEvent(actor: AuditActor(identity: "spiffe://test/guest"), operation: .decrypt)
                refusal.outcome = 7
                refusal.cause = .policy
                recorder.recordRefusal(refusal)
            }
        }
        #expect(durable)
        try await test.finish()
        let events = try test.sink.events().filter { $0.operation == .decrypt }
        #expect(events.map(\.count) == [1, 4])
        #expect(events.allSatisfy { $0.cause == "policy" && $0.outcome == 7 && $0.actor == "spiffe://test/guest" })
    }
}
