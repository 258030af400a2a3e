import FieldsealMessages
import FieldsealPostgres
import FieldsealTransparencyLog
import Testing

@testable import AuditService

@Suite("Tree", .enabled(if: TestLog.isConfigured))
struct TreeTests {
    @Test func theTreeIsThatOfTheLeavesWhateverTheBatches() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            var leaves: [TreeHash] = []
            while leaves.count < 1_100 {
                let batch = try (0..<Int.random(in: 1...64)).map { _ in try chain.block() }
                _ = try await test.log.append(batch)
                leaves += batch.map { MerkleTree.leafHash(of: Proto.SignedBlock(block: $0.bytes).encoded()) }
                let head = try await test.log.head()
                #expect(head.size == UInt64(leaves.count) && head.root == MerkleTree.root(of: leaves))
                #expect(head.lastEvent == Int64(leaves.count) && head.term == 1)
            }
            #expect(try await test.count("audit_tiles") == leaves.count / 256)
            for size in (0..<60).map({ _ in Int.random(in: 1...leaves.count) }) + [256, 512, 1_024] {
                let root = MerkleTree.root(of: leaves[..<size])
                let indexes = (0..<20).map { _ in UInt64.random(in: 0..<UInt64(size)) }
                for proof in try await test.log.inclusion(of: indexes, in: UInt64(size)) {
                    try MerkleProof.checkInclusion(
                        of: leaves[Int(proof.index)], at: proof.index, in: UInt64(size),
                        proof.path.compactMap(TreeHash.init),
                        root: root)
                }
                let older = Int.random(in: 1...size)
                try MerkleProof.checkConsistency(
                    from: UInt64(older), MerkleTree.root(of: leaves[..<older]), to: UInt64(size), root,
                    try await test.log.consistency(from: UInt64(older), to: UInt64(size)))
            }
        }
    }

    /// Each has a term of its own, and neither leaves a gap.
    @Test func twoServicesAppendToOneTree() async throws {
        try await TestLog.with { test async throws in
            let other = EventLog(pool: test.pool, clock: { 6_000 }, logger: TestLog.logger)
            try await withThrowingTaskGroup { group in
                for (number, log) in [test.log, other, test.log, other].enumerated() {
                    group.addTask {
                        var chain = Chain(producer: "spiffe://fieldseal.test/service/\(number)")
                        for _ in 0..<20 { _ = try await log.append([try chain.block()]) }
                    }
                }
                try await group.waitForAll()
            }
            let head = try await other.head()
            #expect(head.size == 80)
            #expect(try await other.recomputed(from: MerkleFrontier(), to: head).root == head.root)
        }
    }

    @Test func aSecondSequencerBehindOneHeadIsFenced() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block()])
            let head = try await test.log.head()
            _ = try await test.log.append([try chain.block()])
            let late = head.appending([.zero], term: head.term + 1, lastEvent: 2)
            let forked = await #expect(throws: PostgresError.self) {
                try await test.pool.withTransaction { try await test.log.store(late, behind: head, $0) }
            }
            #expect(forked.map { AuditServiceError($0) } == .fenced)
            let believed = TreeHead(frontier: late.frontier, term: 1, lastEvent: 2)
            let beyond = believed.appending([.zero], term: 1, lastEvent: 3)
            let unknown = await #expect(throws: PostgresError.self) {
                try await test.pool.withTransaction { try await test.log.store(beyond, behind: believed, $0) }
            }
            #expect(unknown.map { AuditServiceError($0) } == .fenced)
        }
    }

    @Test func aDatabaseThatWentBackIsRefused() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block()])
            _ = try await test.log.append([try chain.block()])
            try await test.truncate(to: 1)
            let next = try chain.block()
            for _ in 0..<2 {
                let problem = await #expect(throws: TreeProblem.self) { try await test.log.append([next]) }
                #expect(problem?.kind == .rolledBack && problem?.size == 2)
            }
            #expect(try await test.findings() == ["rolled-back"])
            #expect(try await test.count("audit_blocks") == 1)
        }
    }

    @Test func aDatabaseThatWentAnotherWayIsRefused() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block()])
            var other = chain
            _ = try await test.log.append([try chain.block()])
            try await test.truncate(to: 1)
            // A process that knows of nothing goes on.
            let blocks = [try other.block([event(.decrypt)]), try other.block()]
            _ = try await EventLog(pool: test.pool, clock: { 7 }, logger: TestLog.logger).append(blocks)
            let next = try other.block()
            let problem = await #expect(throws: TreeProblem.self) { try await test.log.append([next]) }
            #expect(problem?.kind == .forked)
            #expect(try await test.findings() == ["forked-tree"])
        }
    }

    @Test func aBlockBesideTheTreeIsFound() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            _ = try await test.log.append([try chain.block()])
            let row = try chain.block().row(position: 2, storedAt: 1)
            _ = try await test.pool.withConnection {
                try await $0.copy([row], into: "audit_blocks", columns: ReceivedBlock.columns)
            }
            let next = try chain.block()
            let problem = await #expect(throws: TreeProblem.self) { try await test.log.append([next]) }
            #expect(problem?.kind == .damaged)
        }
    }

    @Test func blocksFromBeforeTheTreeAreBroughtIntoIt() async throws {
        try await TestLog.with(migrated: false) { test async throws in
            let before = Migrations(component: "audit-log", Array(AuditSchema.migrations.steps.prefix(3)))
            try await before.apply(to: test.pool, logger: TestLog.logger)
            var chain = Chain()
            var large = event()
            large.recordHashes = [UInt8](repeating: 1, count: 160_000)
            let blocks = try (0..<300).map {
                try chain.block($0 == 7 ? [large] : $0 == 9 ? [event(), event()] : [event()])
            }
            _ = try await test.pool.withTransaction { connection in
                for (block, position) in zip(blocks, Int64(1)...) {
                    _ = try await connection.copy(
                        [block.row(position: position, storedAt: 1).dropLast()], into: "audit_blocks",
                        columns: ReceivedBlock.columns.dropLast())
                    _ = try await connection.copy(
                        block.events.map { $0.row(index: $0.sequence, position: position) }, into: "audit_events",
                        columns: ReceivedEvent.columns)
                }
            }
            try await AuditSchema.migrations.apply(to: test.pool, logger: TestLog.logger)
            let next = try chain.block()
            await #expect(throws: AuditServiceError.notReady) { try await test.log.append([next]) }
            for _ in 0..<2 { try await test.log.growTree() }
            let head = try await test.log.head()
            #expect(head.size == 300 && head.term == 0 && head.lastEvent == 301)
            #expect(head.root == MerkleTree.root(of: blocks.map(\.leafHash)))
            #expect(try await test.count("audit_tiles") == 1)
            _ = try await test.log.append([next])
            #expect(try await test.log.head().term == 1)
        }
    }
}
