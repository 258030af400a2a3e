import FieldsealMessages
import Testing

@testable import AuditService

/// Key management's epoch and an encryption service's, in one log.
private struct Scene {
    var producer = Chain()
    var keys = Chain(producer: "spiffe://fieldseal.test/service/key-management")
    var counts: [Proto.Operation: UInt64] = [:]
    var last: ReceivedBlock?

    /// The producer's next block, with so many uses of version 7.
    mutating func work(_ operations: [Proto.Operation] = [.encrypt]) throws -> ReceivedBlock {
        // The first event of an epoch opens it, whatever it was.
        for operation in operations.dropFirst(producer.sequence == 0 ? 1 : 0) { counts[operation, default: 0] += 1 }
        if producer.sequence == 0 { counts[.epochOpen, default: 0] += 1 }
        let block = try producer.block(operations.map { event($0) })
        last = block
        return block
    }

    /// What the producer says of itself now, in key management's next block.
    mutating func state(_ change: (inout Proto.EpochStatement) -> Void = { _ in }) throws -> ReceivedBlock {
        let block = try #require(last)
        var statement = Proto.EpochStatement(
            epoch: block.epoch, sequence: UInt64(block.sequence), hash: block.hash.bytes,
            uses: counts.map { .init(version: 7, operation: $0.key, count: $0.value) })
        change(&statement)
        return try keys.block([
            event(.getCatalog), Proto.Event(actor: producer.producer, operation: .witnessEpoch, witnessed: statement),
        ])
    }
}

@Suite("Key management's word on epochs", .enabled(if: TestLog.isConfigured))
struct EpochWitnessTests {
    private static let patience: Int64 = 1_000_000

    @Test func anHonestLogAgreesHoweverOftenItIsAsked() async throws {
        try await TestLog.with { test async throws in
            var scene = Scene()
            for operations: [Proto.Operation] in [
                [.encrypt, .encrypt], [.decrypt], [.encrypt, .rewrap], [.blindIndex],
            ] {
                _ = try await test.log.append([try scene.work(operations)])
                _ = try await test.log.append([try scene.state()])
                _ = try await test.log.append([try scene.work(operations)])
                #expect(try await test.log.compareWithWitness(patience: Self.patience).isEmpty)
            }
            #expect(try await test.findings().isEmpty)
            #expect(try await test.count("audit_witness_epochs") == 1)
        }
    }

    @Test func anotherBlockAndOtherCountsAreFoundOnce() async throws {
        try await TestLog.with { test async throws in
            var scene = Scene()
            _ = try await test.log.append([try scene.work(), try scene.work()])
            _ = try await test.log.append([try scene.state { $0.hash[0] ^= 1 }])
            #expect(try await test.log.compareWithWitness(patience: Self.patience).map(\.kind) == [.contradicted])
            _ = try await test.log.append([try scene.work()])
            _ = try await test.log.append([try scene.state { $0.uses[0].count += 1 }])
            let found = try await test.log.compareWithWitness(patience: Self.patience)
            #expect(found.map(\.kind) == [.miscounted] && found.map(\.sequence) == [3])
            _ = try await test.log.append([try scene.work()])
            _ = try await test.log.append([try scene.state()])
            #expect(try await test.log.compareWithWitness(patience: Self.patience).isEmpty)
            #expect(try await test.findings() == ["contradicted", "miscounted"])
        }
    }

    @Test func aBlockThatNeverComesIsFoundWhenItIsLate() async throws {
        try await TestLog.with { test async throws in
            var scene = Scene()
            _ = try await test.log.append([try scene.work()])
            let withheld = try scene.work()
            _ = try await test.log.append([try scene.state()])
            #expect(try await test.log.compareWithWitness(patience: Self.patience).isEmpty)
            let later = test.log(at: 5_000 + Self.patience + 1)
            let found = try await later.compareWithWitness(patience: Self.patience)
            #expect(found.map(\.kind) == [.withheld] && found.map(\.hash) == [withheld.hash])
            #expect(try await later.compareWithWitness(patience: Self.patience).isEmpty)
            // It comes after all: the finding stays, and the comparison goes on.
            _ = try await test.log.append([withheld, try scene.work()])
            _ = try await test.log.append([try scene.state()])
            #expect(try await later.compareWithWitness(patience: Self.patience).isEmpty)
            #expect(try await test.findings() == ["withheld"])
        }
    }

    @Test func aStatementThatWaitsHoldsNoOthersUp() async throws {
        try await TestLog.with { test async throws in
            var scene = Scene()
            var other = Chain(producer: "spiffe://fieldseal.test/service/other")
            let missing = try scene.work()
            _ = try await test.log.append([try scene.state()])
            let block = try other.block()
            _ = try await test.log.append([block])
            let statement = Proto.EpochStatement(
                epoch: block.epoch, sequence: 1, hash: [UInt8](repeating: 9, count: 32))
            _ = try await test.log.append([
                try scene.keys.block([
                    event(.getCatalog),
                    Proto.Event(actor: other.producer, operation: .witnessEpoch, witnessed: statement),
                ])
            ])
            #expect(try await test.log.compareWithWitness(patience: Self.patience).map(\.kind) == [.contradicted])
            #expect(try await test.count("audit_witness_waiting") == 1)
            _ = try await test.log.append([missing])
            let later = test.log(at: 5_000 + Self.patience + 1)
            #expect(try await later.compareWithWitness(patience: Self.patience).isEmpty)
            #expect(try await test.count("audit_witness_waiting") == 0)
            #expect(try await test.findings() == ["contradicted"])
        }
    }

    @Test func aBlockThatComesInTimeIsNoFinding() async throws {
        try await TestLog.with { test async throws in
            var scene = Scene()
            let (first, second) = (try scene.work(), try scene.work())
            _ = try await test.log.append([try scene.state()])
            #expect(try await test.log.compareWithWitness(patience: Self.patience).isEmpty)
            _ = try await test.log.append([first, second])
            let later = test.log(at: 5_000 + Self.patience + 1)
            #expect(try await later.compareWithWitness(patience: Self.patience).isEmpty)
            #expect(try await test.findings().isEmpty)
        }
    }

    @Test func oldTotalsAreForgottenAndAddedUpAnew() async throws {
        try await TestLog.with { test async throws in
            var scene = Scene()
            _ = try await test.log.append([try scene.work([.encrypt, .decrypt])])
            _ = try await test.log.append([try scene.state()])
            #expect(try await test.log.compareWithWitness(patience: Self.patience).isEmpty)
            let later = test.log(at: 5_000 + 8 * 86_400_000_000)
            #expect(try await later.compareWithWitness(patience: Self.patience).isEmpty)
            #expect(try await test.count("audit_witness_epochs") == 0)
            _ = try await later.append([try scene.work(), try scene.work([.decrypt])])
            _ = try await later.append([try scene.state()])
            #expect(try await later.compareWithWitness(patience: Self.patience).isEmpty)
            #expect(try await test.count("audit_witness_epochs") == 1)
        }
    }

    @Test func aStatementThatIsNoneIsNotStored() async throws {
        var scene = Scene()
        _ = try scene.work()
        #expect(throws: AuditServiceError.malformedBlock) { try scene.state { $0.epoch = [1] } }
        #expect(throws: AuditServiceError.malformedBlock) { try scene.state { $0.sequence = 0 } }
        #expect(throws: AuditServiceError.malformedBlock) {
            var chain = Chain()
            _ = try chain.block([event(), event(.witnessEpoch)])
        }
        #expect(throws: AuditServiceError.malformedBlock) {
            var chain = Chain()
            var stray = event(.encrypt)
            stray.witnessed = .init(
                epoch: [UInt8](repeating: 1, count: 16), sequence: 1, hash: .init(repeating: 1, count: 32))
            _ = try chain.block([event(), stray])
        }
    }
}
