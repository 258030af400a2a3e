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
                leaves += batch.map {
                    MerkleTree.leafHash(of: Proto.SignedBlock(block: $0.bytes, signature: $0.signature).encoded())
                }
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
            #expect(forked.map { AuditServiceError($0).cause } == AuditServiceError.fenced.cause)
            let believed = TreeHead(frontier: late.frontier, term: 1, lastEvent: 2)
            let beyond = believed.appending([.zero], term: 1, lastEvent: 3)
            let unknown = await #expect(throws: PostgresError.self) {
                try await test.pool.withTransaction { try await test.log.store(beyond, behind: believed, $0) }
            }
            #expect(unknown.map { AuditServiceError($0).cause } == AuditServiceError.fenced.cause)
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
            let row = try chain.block().row(position: 2, storedAt: 1, in: .first)
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
            let signatures: [Int64: Int] = [2: 64, 3: 127, 4: 128, 5: 512]
            let leaves = try await test.pool.withTransaction { connection in
                var leaves: [TreeHash] = []
                for (block, position) in zip(blocks, Int64(1)...) {
                    let signature = [UInt8](repeating: 7, count: signatures[position] ?? 0)
                    leaves.append(LogLeaf(block: block.bytes, signature: signature).hash)
                    let row = block.row(position: position, storedAt: 1, in: .first).dropLast(3) + [.bytes(signature)]
                    _ = try await connection.copy(
                        [Array(row)], into: "audit_blocks", columns: ReceivedBlock.columns.dropLast(2))
                    _ = try await connection.copy(
                        block.events.map {
                            Array($0.row(index: $0.sequence, position: position, in: .first).dropLast())
                        },
                        into: "audit_events", columns: ReceivedEvent.columns.dropLast())
                }
                return leaves
            }
            try await AuditSchema.migrations.apply(to: test.pool, logger: TestLog.logger)
            let next = try chain.block()
            await #expect(throws: AuditServiceError.notReady) { try await test.log.append([next]) }
            for _ in 0..<2 { try await test.log.growTree() }
            let head = try await test.log.head()
            #expect(head.size == 300 && head.term == 0 && head.lastEvent == 301)
            #expect(head.root == MerkleTree.root(of: leaves))
            #expect(try await test.count("audit_tiles") == 1)
            _ = try await test.log.append([next])
            let last = try await test.log.head()
            #expect(last.term == 1)
            #expect(try await test.log.recomputed(from: MerkleFrontier(), to: last).root == last.root)
        }
    }

    @Test func leavesAreReadWithTheirRows() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            var created = event(.createKey)
            created.outboxID = [UInt8](repeating: 9, count: 16)
            created.storeRevision = 7
            let blocks = try (0..<20).map { try chain.block($0 == 3 ? [created, event(.decrypt)] : [event()]) }
            _ = try await test.log.append(blocks)
            var leaves: [Proto.LogLeaf] = []
            while leaves.count < 18 { leaves += try await test.log.leaves(UInt64(leaves.count)..<18, withRows: true) }
            #expect(leaves.map(\.index) == Array(0..<18))
            for (leaf, block) in zip(leaves, blocks) {
                let signed = try Proto.SignedBlock(decoding: leaf.leaf)
                #expect(signed.block == block.bytes)
                #expect(leaf.row?.hash == block.hash.bytes && leaf.row?.leafHash == block.leafHash.bytes)
                #expect(leaf.row?.storedUnixUs == 5_000 && leaf.row?.sequence == UInt64(block.sequence))
                #expect(leaf.rows.map(\.event) == block.events.map(\.bytes))
            }
            #expect(leaves[3].rows[0].outboxID == created.outboxID && leaves[3].rows[0].storeRevision == 7)
            #expect(leaves[3].rows[1].index == 5 && leaves[3].rows[1].operation == .decrypt)
            #expect(try await test.log.leaves(4..<6, withRows: false).map(\.rows.count) == [0, 0])

            let found = try #require(try await test.log.leaf(ofEvent: 5))
            #expect(found.index == 3 && found.event == 1 && found.leaf.hash == blocks[3].leafHash)
            #expect(try await test.log.leaf(ofEvent: 22) == nil)
            func indexes(_ first: Int64, _ count: Int, in size: UInt64) async throws -> [UInt64] {
                try await test.log.leaves(of: chain.producer, epoch: chain.epoch, from: first, count: count, in: size)
            }
            #expect(try await indexes(3, 5, in: 20) == [2, 3, 4, 5, 6])
            #expect(try await indexes(18, 5, in: 19) == [17, 18])
            #expect(try await indexes(21, 5, in: 20).isEmpty)
            #expect(try await test.log.leaves(of: "x", epoch: chain.epoch, from: 1, count: 5, in: 20).isEmpty)
        }
    }
}
