import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Testing

@testable import FieldsealAuditVerification

@Suite struct LogVerifierTests {
    @Test func anHonestLogIsVerified() throws {
        let log = try TestLog(blocks: 40)
        let verifier = log.verified()
        #expect(verifier.findings.isEmpty && verifier.events == log.events && verifier.frontier.size == 40)
    }

    @Test func anEditedLeafIsNamed() throws {
        var log = try TestLog(blocks: 20)
        let position = log.leaves[7].leaf.count / 2
        log.leaves[7].leaf[position] ^= 1
        let verifier = log.verified()
        #expect(verifier.findings.compactMap(\.leaf).min() == 7)
        #expect(verifier.findings.contains { $0.kind == .root })
    }

    /// Whoever edits a leaf can compute all hashes anew, but has the epoch's key no more.
    @Test func aLeafThatWasMadeAnewIsNamed() throws {
        var log = try TestLog(blocks: 20)
        try log.replace(7) { block in block.dropped = 3 }
        #expect(log.verified().findings.contains { $0.kind == .signature && $0.leaf == 7 })
    }

    @Test func aDeletedLeafIsNamed() throws {
        var log = try TestLog(blocks: 20)
        log.leaves.remove(at: 11)
        let verifier = log.verified()
        #expect(verifier.findings.first == LogFinding(.missing, leaf: 11, verifier.findings[0].text))
        #expect(verifier.findings.contains { $0.kind == .missing && $0.leaf == 19 })
    }

    @Test func swappedLeavesAreNamed() throws {
        var log = try TestLog(blocks: 20)
        log.leaves.swapAt(4, 9)
        (log.leaves[4].index, log.leaves[9].index) = (4, 9)
        let verifier = log.verified()
        #expect(verifier.findings.contains { $0.kind == .chain } && verifier.findings.compactMap(\.leaf).min() == 4)
    }

    @Test func aCutTailIsNamed() throws {
        var log = try TestLog(blocks: 20)
        log.leaves.removeLast(3)
        #expect(log.verified().findings.map(\.kind) == [.missing] && log.verified().findings[0].leaf == 17)
    }

    @Test func aForgedRootIsFound() throws {
        let log = try TestLog(blocks: 20)
        var verifier = LogVerifier()
        for leaf in log.leaves { verifier.append(leaf) }
        verifier.finish(at: try Checkpoint(origin: "log", size: 20, root: .zero))
        #expect(verifier.findings.map(\.kind) == [.root])
    }

    @Test func aLogThatWasRolledBackOrReplacedIsFound() throws {
        let (log, other) = (try TestLog(blocks: 20), try TestLog(blocks: 30))
        let later = try log.checkpoint(20)
        var verifier = LogVerifier(anchors: [later])
        for leaf in log.leaves.prefix(12) { verifier.append(leaf) }
        verifier.finish(at: try log.checkpoint(12))
        #expect(verifier.findings.map(\.kind) == [.rolledBack] && verifier.findings[0].leaf == 12)
        #expect(other.verified(anchors: [later]).findings.map(\.kind) == [.forked])
        #expect(log.verified(anchors: [try log.checkpoint(12)]).findings.isEmpty)
    }

    @Test func aStrangersBlockIsNamed() throws {
        let log = try TestLog(blocks: 20, producers: ["a", "b", "c"])
        #expect(log.verified(producers: ["a", "b", "c"]).findings.isEmpty)
        let findings = log.verified(producers: ["a", "b"]).findings
        #expect(!findings.isEmpty && findings.allSatisfy { $0.kind == .unknownProducer })
        #expect(findings[0].leaf == 2)
    }

    @Test func everyColumnOfEveryRowIsCompared() throws {
        let edits: [(String, (inout Proto.EventRow) -> Void)] = [
            ("event", { $0.event[0] ^= 1 }), ("first_unix_us", { $0.firstUnixUs += 1 }),
            ("last_unix_us", { $0.lastUnixUs += 1 }), ("actor", { $0.actor = "x" }),
            ("asserted_actor", { $0.assertedActor = "x" }), ("operation", { $0.operation = .rebind }),
            ("table_name", { $0.table = "x" }), ("field_name", { $0.field = "x" }),
            ("key_version", { $0.keyVersion = 9 }),
            ("outcome", { $0.outcome = 5 }), ("item_count", { $0.itemCount = 99 }),
            ("store_revision", { $0.storeRevision = 9 }), ("outbox_id", { $0.outboxID = [1] }),
        ]
        for (column, edit) in edits {
            var log = try TestLog(blocks: 10)
            edit(&log.leaves[6].rows[0])
            let index = log.leaves[6].rows[0].index
            let findings = log.verified().findings
            #expect(findings.map(\.kind) == [.row] && findings[0].leaf == 6 && findings[0].event == index, "\(column)")
            #expect(findings[0].text.hasSuffix(column))
        }
        let blockEdits: [(String, (inout Proto.BlockRow) -> Void)] = [
            ("producer", { $0.producer = "x" }), ("epoch", { $0.epoch[0] ^= 1 }), ("sequence", { $0.sequence += 1 }),
            ("hash", { $0.hash[0] ^= 1 }), ("dropped", { $0.dropped = 7 }), ("last_event", { $0.lastEvent += 1 }),
            ("last_unix_us", { $0.lastUnixUs += 1 }), ("leaf_hash", { $0.leafHash[0] ^= 1 }),
        ]
        for (column, edit) in blockEdits {
            var log = try TestLog(blocks: 10)
            var row = try #require(log.leaves[3].row)
            edit(&row)
            log.leaves[3].row = row
            let findings = log.verified().findings
            #expect(findings.map(\.kind) == [.row] && findings[0].leaf == 3 && findings[0].text.hasSuffix(column))
        }
    }

    @Test func missingSwappedAndForeignRowsAreNamed() throws {
        var log = try TestLog(blocks: 10)
        let index = log.leaves[5].rows[0].index
        log.leaves[5].rows.removeFirst()
        #expect(log.verified().findings.map(\.event) == [index] && log.verified().findings[0].text.hasSuffix("missing"))

        log = try TestLog(blocks: 10)
        (log.leaves[5].rows[0].index, log.leaves[6].rows[0].index) = (log.leaves[6].rows[0].index, index)
        #expect(log.verified().findings.map(\.leaf) == [5, 6])

        log = try TestLog(blocks: 10)
        var row = log.leaves[5].rows[0]
        (row.index, row.eventSequence) = (1_000, 1_000)
        log.leaves[5].rows.append(row)
        #expect(log.verified().findings.map(\.event) == [1_000])
    }

    @Test func anOutboxEventThatCameTwiceHasOneRow() throws {
        let log = try TestLog(blocks: 12, outboxID: [UInt8](repeating: 5, count: 16))
        #expect(log.verified().findings.isEmpty)
    }

    @Test func onlyWhatIsNewNeedsToBeRead() throws {
        let log = try TestLog(blocks: 30)
        var tree = MerkleFrontier()
        for leaf in log.leaves.prefix(13) { tree.append(MerkleTree.leafHash(of: leaf.leaf)) }
        var verifier = LogVerifier(anchors: [try log.checkpoint(13)], behind: tree)
        for leaf in log.leaves.dropFirst(13) { verifier.append(leaf) }
        verifier.finish(at: try log.checkpoint(30))
        #expect(verifier.findings.isEmpty)
    }

    /// One was read the last time, and its second shipment has no row.
    @Test func anOutboxEventMayHaveComeBeforeWhatIsNew() throws {
        let log = try TestLog(blocks: 12, outboxID: [UInt8](repeating: 5, count: 16))
        var tree = MerkleFrontier()
        for leaf in log.leaves.prefix(5) { tree.append(MerkleTree.leafHash(of: leaf.leaf)) }
        var verifier = LogVerifier(behind: tree)
        for leaf in log.leaves.dropFirst(5) { verifier.append(leaf) }
        verifier.finish(at: try log.checkpoint(12))
        #expect(verifier.findings.isEmpty)
    }

    @Test func aRowThatIsMissingInWhatIsNewIsNamedByTheNextOne() throws {
        var log = try TestLog(blocks: 12, outboxID: [UInt8](repeating: 5, count: 16))
        var tree = MerkleFrontier()
        for leaf in log.leaves.prefix(2) { tree.append(MerkleTree.leafHash(of: leaf.leaf)) }
        let index = log.leaves[3].rows[3].index
        log.leaves[3].rows.remove(at: 3)
        var verifier = LogVerifier(behind: tree)
        for leaf in log.leaves.dropFirst(2) { verifier.append(leaf) }
        #expect(verifier.findings.first?.event == index && verifier.findings.first?.leaf == 4)
    }

    @Test func aMemoryOfMoreThanThereIsIsOneFinding() throws {
        let log = try TestLog(blocks: 20)
        var tree = MerkleFrontier()
        for leaf in log.leaves { tree.append(MerkleTree.leafHash(of: leaf.leaf)) }
        var verifier = LogVerifier(anchors: [try log.checkpoint(20)], behind: tree)
        verifier.finish(at: try log.checkpoint(12))
        #expect(verifier.findings.map(\.kind) == [.rolledBack])
    }

    @Test func aFloodOfFindingsIsCounted() throws {
        let log = try TestLog(blocks: 1_100, producers: ["a"])
        let verifier = log.verified(producers: [])
        #expect(verifier.findings.count == LogVerifier.maximumFindings && verifier.findingCount == 1_100)
    }
}

/// A log as an honest service stores it.
struct TestLog {
    var leaves: [Proto.LogLeaf] = []
    private(set) var events: UInt64 = 0
    private var made: Checkpoint

    init(blocks: Int, producers: [String] = ["a", "b"], outboxID: [UInt8] = []) throws {
        struct Epoch {
            let key: Ed25519PrivateKey
            let epoch = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
            var previous = [UInt8](repeating: 0, count: 32)
            var block: UInt64 = 0
            var event: UInt64 = 0
        }
        made = try Checkpoint(origin: "log", size: 0, root: MerkleTree.emptyRoot)
        var epochs: [String: Epoch] = [:]
        var index: UInt64 = 0
        var seen: Set<[UInt8]> = []
        for number in 0..<blocks {
            let producer = producers[number % producers.count]
            var epoch = try epochs[producer] ?? Epoch(key: Ed25519PrivateKey(seed: try .random(count: 32)))
            epoch.block += 1
            var block = Proto.Block(
                producer: producer, epoch: epoch.epoch, sequence: epoch.block, previous: epoch.previous)
            for position in 0..<(1 + number % 4) {
                epoch.event += 1
                var event = Proto.Event(
                    sequence: epoch.event, firstUnixUs: Int64(number), lastUnixUs: Int64(number + position),
                    actor: "actor",
                    operation: .encrypt, table: "users", field: "email", keyVersion: 7, count: 3)
                if epoch.event == 1 {
                    event = Proto.Event(sequence: 1, operation: .epochOpen, epochKey: epoch.key.publicKey.bytes)
                } else if position == 3 {
                    event.outboxID = outboxID
                }
                block.events.append(event.encoded())
            }
            block.root = MerkleTree.root(of: block.events.map { MerkleTree.leafHash(of: $0) }).bytes
            let bytes = block.encoded()
            epoch.previous = TreeHash(sha256: bytes).bytes
            let signed = Proto.SignedBlock(block: bytes, signature: try epoch.key.sign(BlockSignature.message(bytes)))
            epochs[producer] = epoch
            var leaf = Proto.LogLeaf(index: UInt64(number), leaf: signed.encoded())
            let events = try block.events.map { try Proto.Event(decoding: $0) }
            leaf.row = Proto.BlockRow(
                producer: producer, epoch: epoch.epoch, sequence: epoch.block, hash: epoch.previous,
                lastEvent: epoch.event, lastUnixUs: events.map(\.lastUnixUs).max() ?? 0, storedUnixUs: 1,
                leafHash: MerkleTree.leafHash(of: leaf.leaf).bytes)
            for (event, bytes) in zip(events, block.events) {
                guard event.outboxID.isEmpty || !seen.contains(event.outboxID) else { continue }
                if !event.outboxID.isEmpty { seen.insert(event.outboxID) }
                index += 1
                leaf.rows.append(
                    Proto.EventRow(
                        index: index, eventSequence: event.sequence, firstUnixUs: event.firstUnixUs,
                        lastUnixUs: event.lastUnixUs, actor: event.actor, assertedActor: event.assertedActor,
                        operation: event.operation, table: event.table, field: event.field,
                        keyVersion: event.keyVersion,
                        outcome: event.outcome, itemCount: event.count, storeRevision: event.storeRevision,
                        outboxID: event.outboxID, event: bytes))
            }
            leaves.append(leaf)
        }
        self.events = index
        made = try checkpoint(blocks)
    }

    /// Changes a block and all hashes of it, without its key.
    mutating func replace(_ index: Int, _ body: (inout Proto.Block) -> Void) throws {
        var signed = try Proto.SignedBlock(decoding: leaves[index].leaf)
        var block = try Proto.Block(decoding: signed.block)
        body(&block)
        signed.block = block.encoded()
        leaves[index].leaf = signed.encoded()
    }

    func checkpoint(_ size: Int) throws -> Checkpoint {
        let root = MerkleTree.root(of: leaves.prefix(size).map { MerkleTree.leafHash(of: $0.leaf) })
        return try Checkpoint(origin: "log", size: UInt64(size), root: root)
    }

    /// Read with the checkpoint of the log as it was made.
    func verified(producers: Set<String>? = nil, anchors: [Checkpoint] = []) -> LogVerifier {
        var verifier = LogVerifier(producers: producers, anchors: anchors)
        for leaf in leaves { verifier.append(leaf) }
        verifier.finish(at: made)
        return verifier
    }
}
