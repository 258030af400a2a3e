import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import FieldsealAuditTrail

struct LifecycleTests {
    private func group(_ trail: AuditTrail) -> ServiceGroup {
        ServiceGroup(
            configuration: .init(
                services: [.init(service: trail)], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    @Test(
        "while it runs, blocks are shipped; a graceful shutdown ends the epoch and ships the rest",
        .timeLimit(.minutes(5)))
    func gracefulShutdown() async throws {
        let test = try TestTrail(MemoryDisk(), sink: RecordingSink(), clock: TestClock(isStopped: true))
        let group = group(test.trail)
        let running = Task { try await group.run() }
        try await test.trail.record(.numbered(1))
        while try test.sink.objects().isEmpty { await Task.yield() }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(try test.sink.events().map(\.operation) == [.epochOpen, .createKey, .epochClose])
        await #expect(throws: AuditTrailError.closed) { try await test.trail.record(.numbered(2)) }
    }

    @Test("a service that never answers does not hold the shutdown up", .timeLimit(.minutes(5)))
    func hangingSink() async throws {
        let test = try TestTrail(MemoryDisk(), sink: HangingSink())
        let group = group(test.trail)
        let running = Task { try await group.run() }
        try await test.trail.record(.numbered(1))
        await group.triggerGracefulShutdown()
        try await running.value
        let sink = RecordingSink()
        try await TestTrail(test.disk.afterKill(), sink: sink).finish()
        #expect(try sink.events().map(\.operation) == [.epochOpen, .createKey, .epochClose, .epochOpen, .epochClose])
    }
}
