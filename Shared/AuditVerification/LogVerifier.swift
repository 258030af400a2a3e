public import FieldsealMessages
public import FieldsealTransparencyLog

/// Reads a log leaf by leaf, and notes all that an honest log does not show.
///
/// It believes nothing but the checkpoints it is given. Memory grows with the epochs and the outbox events of the log.
///
/// A log that takes the place of another one takes epochs from their middle on: such an epoch is followed from its first block on
/// that is there, without its signatures where that is not the epoch's first.
///
/// Where it goes on behind a tree that is known, an epoch that began before is followed from its next block on, without its
/// signatures, and an outbox event without a row counts as shipped before.
public struct LogVerifier: Sendable {
    /// Findings beyond are counted only.
    public static let maximumFindings = 1_000

    /// The leaves that were seen.
    public private(set) var frontier: MerkleFrontier
    /// Those in the leaves that were seen; one that was shipped twice counts once.
    public private(set) var events: UInt64 = 0
    public private(set) var findings: [LogFinding] = []
    public private(set) var findingCount = 0

    /// What the log's first leaf says where it takes the place of another log: a ``LossStatement`` as a signed note, which
    /// nobody has verified yet.
    public private(set) var statement: [UInt8]?

    private let producers: Set<String>?
    private let anchors: [UInt64: TreeHash]
    private let isWhole: Bool
    private var epochs: [EpochChain.Name: EpochChain] = [:]
    private var outboxIDs: Set<[UInt8]> = []
    /// The index that the next event's row should have; nil: not known yet.
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
        let index = frontier.size
        if leaf.index != index {
            note(LogFinding(.missing, leaf: index, "leaf \(index) is missing: leaf \(leaf.index) stands in its place"))
        }
        let hash = MerkleTree.leafHash(of: leaf.leaf)
        frontier.append(hash)
        if let read = ReadBlock(leaf: leaf.leaf) {
            check(read, leaf, at: index, hash)
        } else {
            note(LogFinding(.leaf, leaf: index, "leaf \(index) is no signed block of events"))
        }
        if let anchor = anchors[frontier.size], anchor != frontier.root {
            note(
                LogFinding(
                    .forked, leaf: index, "the first \(frontier.size) leaves are not those of the known checkpoint"))
        }
    }

    /// Compares what was read with a checkpoint that says how the log goes on, and no more.
    /// - Parameter consistency: RFC 6962 proof that the checkpoint's tree continues the leaves that were read; empty where it
    ///   ends with them.
    public mutating func compare(with checkpoint: Checkpoint, consistency: [TreeHash] = []) {
        guard consistency.isEmpty || frontier.size >= checkpoint.size else {
            if !checkpoint.continues(size: frontier.size, root: frontier.root, consistency) {
                note(LogFinding(.root, "the checkpoint of \(checkpoint.size) leaves does not continue those before it"))
            }
            return
        }
        if frontier.size != checkpoint.size {
            note(
                LogFinding(
                    .missing, leaf: min(frontier.size, checkpoint.size),
                    "the log has \(frontier.size) leaves, its checkpoint \(checkpoint.size)"))
        } else if frontier.root != checkpoint.root {
            note(
                LogFinding(
                    .root, "the leaves have the root \(frontier.root), the checkpoint has \(checkpoint.root)"))
        }
    }

    /// Compares what was read with the newest checkpoint of the log, and that with those that were verified before.
    /// - Parameter consistency: as for ``compare(with:consistency:)``.
    public mutating func finish(at checkpoint: Checkpoint, consistency: [TreeHash] = []) {
        let larger = anchors.keys.filter { $0 > checkpoint.size }
        for size in larger {
            note(
                LogFinding(
                    .rolledBack, leaf: checkpoint.size, "the log has \(checkpoint.size) leaves and had \(size)"))
        }
        if frontier.size > checkpoint.size, !larger.isEmpty { return }
        compare(with: checkpoint, consistency: consistency)
    }

    /// Goes on with leaves of another source, which says that it begins behind a tree.
    public mutating func resume(behind beginning: MerkleFrontier) {
        guard beginning != frontier else { return }
        note(
            LogFinding(
                .missing, leaf: frontier.size,
                "what follows begins with leaf \(beginning.size), and not behind the \(frontier.size) leaves before it")
        )
    }

    public mutating func note(_ finding: LogFinding) {
        findingCount += 1
        if findings.count < Self.maximumFindings { findings.append(finding) }
    }

    private mutating func check(_ read: ReadBlock, _ leaf: Proto.LogLeaf, at index: UInt64, _ hash: TreeHash) {
        if !read.hasItsRoot {
            note(
                LogFinding(
                    .leaf, leaf: index, "the events of leaf \(index) do not have the root that its block states"))
        }
        if index == 0 { statement = read.events.map(\.event).first { $0.operation == .reorigin }?.statement }
        let producer = read.block.producer
        if let producers, !producers.contains(producer) {
            note(LogFinding(.unknownProducer, leaf: index, "leaf \(index) is of the unknown producer \(producer)"))
        }
        follow(read, at: index)
        let fresh = fresh(read, leaf)
        events += UInt64(fresh.count)
        guard let row = leaf.row else {
            nextRow = nextRow.map { $0 &+ UInt64(fresh.count) }
            return
        }
        let comparison = RowComparison(read: read, leafHash: hash, leaf: index)
        for finding in comparison.findings(row) + comparison.findings(leaf.rows, of: fresh, next: &nextRow) {
            note(finding)
        }
    }

    private mutating func follow(_ read: ReadBlock, at index: UInt64) {
        let name = EpochChain.Name(read)
        let problems: [EpochChain.Problem]
        if var chain = epochs[name] {
            problems = chain.append(read)
            epochs[name] = chain
        } else {
            (epochs[name], problems) = EpochChain.beginning(
                with: read, isBeginning: isWhole && statement == nil)
        }
        for problem in problems {
            switch problem {
            case .chain(let text): note(LogFinding(.chain, leaf: index, "leaf \(index) \(text)"))
            case .signature: note(LogFinding(.signature, leaf: index, "the signature of leaf \(index) does not hold"))
            }
        }
    }

    /// The events that have rows: of an outbox event that was shipped twice, the first.
    private mutating func fresh(_ read: ReadBlock, _ leaf: Proto.LogLeaf) -> [ReadBlock.Event] {
        read.events.filter { event in
            let event = event.event
            guard !event.outboxID.isEmpty else { return true }
            guard outboxIDs.insert(event.outboxID).inserted else { return false }
            return isWhole || leaf.row == nil || leaf.rows.contains { $0.eventSequence == event.sequence }
        }
    }
}

extension Checkpoint {
    /// Whether a proof shows that this checkpoint's tree begins with that of another size and root.
    public func continues(size older: UInt64, root olderRoot: TreeHash, _ proof: [TreeHash]) -> Bool {
        (try? MerkleProof.checkConsistency(from: older, olderRoot, to: size, root, proof)) != nil
    }
}
