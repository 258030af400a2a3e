import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import AuditService

@Suite("Epochs", .enabled(if: TestLog.isConfigured))
struct EpochListTests {
    @Test func blocksEventsAndLossesAreCountedByEpoch() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            var keys = Chain(producer: "spiffe://fieldseal.test/service/key-management")
            var sent = event(.rotateKey)
            sent.outboxID = [UInt8](repeating: 9, count: 16)
            _ = try await test.log.append([try chain.block([event(), event()]), try chain.block()])
            _ = try await test.log.append([try keys.block(), try keys.block([sent]), try keys.block([sent])])
            _ = try await test.log.append([try chain.block([event(.epochClose)])])
            let epochs = try await test.log.epochs(from: 0, until: .max)
            #expect(!epochs.truncated && epochs.epochs.map(\.producer) == [chain.producer, keys.producer])
            #expect(epochs.epochs.map(\.epoch) == [chain.epoch, keys.epoch])
            #expect(epochs.epochs.map(\.lastSequence) == [3, 3] && epochs.epochs.map(\.blocks) == [3, 3])
            #expect(epochs.epochs.map(\.statedEvents) == [4, 3] && epochs.epochs.map(\.events) == [4, 2])
            #expect(epochs.epochs.map(\.outboxEvents) == [0, 1] && epochs.epochs.map(\.closed) == [true, false])
            #expect(try await test.log.epochs(from: 5_001, until: .max) == .init())
            #expect(try await test.log.epochs(from: 0, until: 5_000) == .init())
        }
    }

    @Test func aSpanThatBeginsWithinAnEpochCountsFromThere() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block([event(), event(), event()])])
            let later = EventLog(pool: test.pool, clock: { 9_000 })
            _ = try await later.append([try chain.block([event(), event()])])
            let epochs = try await test.log.epochs(from: 9_000, until: .max).epochs
            #expect(
                epochs.map(\.firstSequence) == [2] && epochs.map(\.statedEvents) == [2] && epochs.map(\.events) == [2])
            try await test.forge(
                "DELETE FROM audit_events WHERE index = 4", "DELETE FROM audit_blocks WHERE sequence = 1")
            let cut = try await test.log.epochs(from: 0, until: .max).epochs
            #expect(cut.map(\.firstSequence) == [2] && cut.map(\.events) == [1])
        }
    }
}
