internal import FieldsealMessages
internal import FieldsealTransparencyLog

/// What is known of an epoch of a producer from the blocks that were seen.
struct EpochChain {
    struct Name: Hashable {
        let producer: String
        let epoch: [UInt8]
    }

    private enum Signing {
        case key([UInt8])
        /// The epoch began without a key.
        case none
        /// The epoch's first block was not seen.
        case unknown
    }

    private var sequence: UInt64
    private var hash: TreeHash
    private var lastEvent: UInt64
    private var signing: Signing

    /// The chain behind a block that was seen first, and what is wrong with that one.
    /// - Parameter isBeginning: whether the block's epoch has to begin with it.
    static func beginning(with block: Proto.Block, bytes: [UInt8], signature: [UInt8], isBeginning: Bool)

        -> (chain: EpochChain, problems: [Problem])
    {
        var problems: [Problem] = []
        if block.sequence == 1 {
            if block.previous.contains(where: { $0 != 0 }) { problems.append(.chain("names a block before the first")) }
        } else if isBeginning {
            problems.append(.chain("is block \(block.sequence) of an epoch whose earlier blocks are missing"))
        }
        let events = block.events.compactMap { try? Proto.Event(decoding: $0) }
        var signing = Signing.unknown
        if block.sequence == 1 {
            let opening = events.first.flatMap { $0.operation == .epochOpen ? $0.epochKey : nil } ?? []
            signing = opening.isEmpty ? .none : .key(opening)
        }
        var chain = EpochChain(
            sequence: block.sequence, hash: TreeHash(sha256: bytes), lastEvent: (events.first?.sequence ?? 1) &- 1,
            signing: signing)
        if block.sequence == 1, chain.lastEvent != 0 { problems.append(.chain("does not begin with event 1")) }
        problems += chain.check(events, bytes, signature)
        return (chain, problems)
    }

    /// What is wrong with the next block.
    mutating func append(_ block: Proto.Block, bytes: [UInt8], signature: [UInt8]) -> [Problem] {
        var problems: [Problem] = []
        if block.sequence != sequence &+ 1 {
            problems.append(.chain("is block \(block.sequence) of its epoch, behind block \(sequence)"))
        } else if block.previous != hash.bytes {
            problems.append(.chain("does not name the block before it"))
        }
        (sequence, hash) = (block.sequence, TreeHash(sha256: bytes))
        return problems + check(block.events.compactMap { try? Proto.Event(decoding: $0) }, bytes, signature)
    }

    private mutating func check(
        _ events: [Proto.Event], _ bytes: [UInt8], _ signature: [UInt8]
    ) -> [Problem] {
        var problems: [Problem] = []
        for event in events {
            if event.sequence != lastEvent &+ 1 {
                problems.append(.chain("has event \(event.sequence) behind event \(lastEvent)"))
            }
            lastEvent = event.sequence
        }
        switch signing {
        case .key(let key):
            if !BlockSignature.isValid(signature, of: bytes, by: key) { problems.append(.signature) }
        case .none:
            if !signature.isEmpty { problems.append(.signature) }
        case .unknown: break
        }
        return problems
    }

    enum Problem {
        case chain(String)
        case signature
    }
}
