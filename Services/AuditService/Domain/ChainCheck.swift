import FieldsealTransparencyLog

/// How far an epoch of a producer is stored.
struct EpochEnd: Hashable, Sendable {
    /// Of the last block; 0: none.
    var sequence: Int64 = 0
    /// Of the last block; zero before the first.
    var hash = TreeHash.zero
    /// Sequence of the last event.
    var lastEvent: Int64 = 0
}

/// Decides which blocks of a batch continue their epoch.
struct ChainCheck {
    /// Those to store, in their order.
    private(set) var accepted: [ReceivedBlock] = []
    /// Where the epoch ends when they are stored.
    private(set) var end: EpochEnd
    /// Why the first block that is neither stored nor accepted is refused; what follows it is not looked at.
    private(set) var finding: Finding.Kind?
    /// The block that the finding is about.
    private(set) var refused: ReceivedBlock?
    private let archived: Int64
    private let isContinuation: Bool

    /// - Parameters:
    ///   - blocks: of one producer and one epoch.
    ///   - end: where the epoch ends in the store.
    ///   - stored: hashes of those blocks of the batch that are stored, by sequence.
    ///   - archived: the last sequence of the epoch whose block is archived; what comes again of such blocks counts as stored.
    ///   - isContinuation: the log takes the place of another one, and takes an epoch that it does not know from its middle on.
    ///   - misSigned: sequences of blocks whose signature does not hold.
    init(
        _ blocks: [ReceivedBlock], after end: EpochEnd, stored: [Int64: TreeHash], archived: Int64 = 0,
        isContinuation: Bool = false, misSigned: Set<Int64> = []
    ) {
        self.end = end
        (self.archived, self.isContinuation) = (archived, isContinuation)
        var known = stored
        for block in blocks {
            if let kind = problem(with: block, known, misSigned) {
                (finding, refused) = (kind, block)
                return
            }
            guard block.sequence > self.end.sequence else { continue }
            known[block.sequence] = block.hash
            self.end = EpochEnd(
                sequence: block.sequence, hash: block.hash, lastEvent: block.events.last?.sequence ?? self.end.lastEvent
            )
            accepted.append(block)
        }
    }

    private func problem(
        with block: ReceivedBlock, _ known: [Int64: TreeHash], _ misSigned: Set<Int64>
    ) -> Finding.Kind? {
        if block.sequence <= archived { return nil }
        if block.sequence <= end.sequence { return known[block.sequence] == block.hash ? nil : .fork }
        let isJoining = isContinuation && end.sequence == 0 && block.sequence > 1
        guard block.sequence - 1 == end.sequence || isJoining else { return end.sequence == 0 ? .unknownEpoch : .gap }
        guard !misSigned.contains(block.sequence) else { return .signature }
        guard block.previous == end.hash || isJoining else { return .fork }
        var last = isJoining ? (block.events.first?.sequence ?? 1) - 1 : end.lastEvent
        for event in block.events {
            guard event.sequence - 1 == last else { return .eventGap }
            last = event.sequence
        }
        return nil
    }
}

/// Something that a producer's chain must never show. It is stored with the block that showed it first.
struct Finding: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Blocks are missing before this one.
        case gap
        /// Another block stands under this sequence, or the hash chain does not fit.
        case fork
        /// The epoch's first block was never received.
        case unknownEpoch = "unknown-epoch"
        /// The log takes the place of another one, and the epoch's blocks before this one are not in it.
        case lostBeginning = "lost-beginning"
        /// Events are missing or repeated within an unbroken chain of blocks.
        case eventGap = "event-gap"
        /// Not signed by the key that the epoch's first event announces, or an epoch without one.
        case signature
        /// The producer lost events, as it says itself.
        case dropped
        /// Events from the future.
        case clockSkew = "clock-skew"
        /// The producer has begun another epoch and never closed this one.
        case openEpoch = "open-epoch"
        /// An epoch is open, and no block comes.
        case staleProducer = "stale-producer"
        /// Key management has heard of the block, and it has not come.
        case withheld
        /// Key management has heard of another block under this sequence.
        case contradicted
        /// Key management has heard of other numbers of uses of a key.
        case miscounted
    }

    let kind: Kind
    let producer: String
    let epoch: [UInt8]
    let sequence: Int64
    /// Of the block that showed it, or that key management has heard of.
    let hash: TreeHash
}

extension Finding {
    init(_ kind: Kind, _ block: ReceivedBlock) {
        self.init(
            kind: kind, producer: block.producer, epoch: block.epoch, sequence: block.sequence, hash: block.hash)
    }
}
