public import FieldsealMessages
public import FieldsealTransparencyLog

/// Reads a log from its beginning, leaf by leaf, and notes all that an honest log does not show.
///
/// It believes nothing but the checkpoints it is given. Memory grows with the number of epochs, not of leaves.
public struct LogVerifier {
    /// Findings beyond are counted only.
    public static let maximumFindings = 1_000

    /// The leaves that were seen.
    public private(set) var frontier: MerkleFrontier
    /// Those in the leaves that were seen; one that was shipped twice counts once.
    public private(set) var events: UInt64 = 0
    public private(set) var findings: [LogFinding] = []
    public private(set) var findingCount = 0

    private let producers: Set<String>?
    private let anchors: [UInt64: TreeHash]
    private let isWhole: Bool
    private var epochs: [EpochChain.Name: EpochChain] = [:]
    private var outboxIDs: Set<[UInt8]> = []
    private var nextRow: UInt64?

    /// - Parameters:
    ///   - producers: whose blocks the log may hold; nil: anybody's.
    ///   - anchors: checkpoints that were verified before; the log must have their roots on its way.
    ///   - beginning: the tree that is known already; its leaves are not read again.
    public init(
        producers: Set<String>? = nil, anchors: [Checkpoint] = [], behind beginning: MerkleFrontier = MerkleFrontier()
    ) {
        self.producers = producers
        self.anchors = Dictionary(anchors.map { ($0.size, $0.root) }, uniquingKeysWith: { first, _ in first })
        isWhole = beginning.size == 0
        frontier = beginning
        nextRow = isWhole ? 1 : nil
    }

    /// Takes the next leaf.
    public mutating func append(_ leaf: Proto.LogLeaf) {
        let expected = frontier.size
        if leaf.index != expected {
            note(
                LogFinding(
                    .missing, leaf: expected, "leaf \(expected) is missing: leaf \(leaf.index) stands in its place"))
        }
        let hash = MerkleTree.leafHash(of: leaf.leaf)
        frontier.append(hash)
        read(leaf, at: expected, hash)
        if let anchor = anchors[frontier.size], anchor != frontier.root {
            note(
                LogFinding(
                    .forked, leaf: expected, "the first \(frontier.size) leaves are not those of the known checkpoint"))
        }
    }

    /// Compares what was read with the checkpoint that ends it.
    public mutating func finish(at checkpoint: Checkpoint) {
        for (size, _) in anchors where size > checkpoint.size {
            note(
                LogFinding(.rolledBack, leaf: checkpoint.size, "the log has \(checkpoint.size) leaves and had \(size)"))
        }
        guard frontier.size == checkpoint.size else {
            note(
                LogFinding(
                    .missing, leaf: frontier.size,
                    "the log has \(frontier.size) leaves, its checkpoint \(checkpoint.size)"))
            return
        }
        guard frontier.root == checkpoint.root else {
            note(LogFinding(.root, "the leaves have the root \(frontier.root), the checkpoint has \(checkpoint.root)"))
            return
        }
    }

    public mutating func note(_ finding: LogFinding) {
        findingCount += 1
        if findings.count < Self.maximumFindings { findings.append(finding) }
    }

    private mutating func read(_ leaf: Proto.LogLeaf, at index: UInt64, _ hash: TreeHash) {
        guard let signed = try? Proto.SignedBlock(decoding: leaf.leaf, limit: 1 << 20), signed.encoded() == leaf.leaf,
            let block = try? Proto.Block(decoding: signed.block, limit: 16 << 20)
        else { return note(LogFinding(.leaf, leaf: index, "leaf \(index) is no signed block")) }
        var tree = MerkleFrontier()
        for event in block.events { tree.append(MerkleTree.leafHash(of: event)) }
        if tree.root.bytes != block.root {
            note(
                LogFinding(.leaf, leaf: index, "the events of leaf \(index) do not have the root that its block states")
            )
        }
        if let producers, !producers.contains(block.producer) {
            note(
                LogFinding(.unknownProducer, leaf: index, "leaf \(index) is of the unknown producer \(block.producer)"))
        }
        follow(block, signed, at: index)
        let fresh = fresh(block, at: index)
        events += UInt64(fresh.count)
        if let row = leaf.row {
            let comparison = RowComparison(block: block, signed: signed, hash: hash, leaf: index)
            comparison.findings(row).forEach { note($0) }
            comparison.findings(leaf.rows, of: fresh, next: &nextRow).forEach { note($0) }
        }
    }

    private mutating func follow(_ block: Proto.Block, _ signed: Proto.SignedBlock, at index: UInt64) {
        let name = EpochChain.Name(producer: block.producer, epoch: block.epoch)
        let problems: [EpochChain.Problem]
        if var chain = epochs[name] {
            problems = chain.append(block, bytes: signed.block, signature: signed.signature)
            epochs[name] = chain
        } else {
            (epochs[name], problems) = EpochChain.beginning(
                with: block, bytes: signed.block, signature: signed.signature, isBeginning: isWhole)
        }
        for problem in problems {
            switch problem {
            case .chain(let text): note(LogFinding(.chain, leaf: index, "leaf \(index) \(text)"))
            case .signature: note(LogFinding(.signature, leaf: index, "the signature of leaf \(index) does not hold"))
            }
        }
    }

    /// The events that have rows: of an outbox event that was shipped twice, the first.
    private mutating func fresh(_ block: Proto.Block, at index: UInt64) -> [RowComparison.Event] {
        var fresh: [RowComparison.Event] = []
        for bytes in block.events {
            guard let event = try? Proto.Event(decoding: bytes) else {
                note(LogFinding(.leaf, leaf: index, "leaf \(index) holds something that is no event"))
                continue
            }
            guard event.outboxID.isEmpty || outboxIDs.insert(event.outboxID).inserted else { continue }
            fresh.append(RowComparison.Event(event: event, bytes: bytes))
        }
        return fresh
    }
}
