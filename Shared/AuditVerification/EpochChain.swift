internal import FieldsealMessages
internal import FieldsealTransparencyLog

/// What is known of an epoch of a producer from the blocks that were seen.
struct EpochChain {
    struct Name: Hashable {
        let producer: String
        let epoch: [UInt8]

        init(_ read: ReadBlock) { (producer, epoch) = (read.block.producer, read.block.epoch) }
    }

    enum Problem {
        case chain(String)
        case signature
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
    private let signing: Signing

    /// The chain behind a block that was seen first, and what is wrong with that one.
    /// - Parameter isBeginning: whether the block's epoch has to begin with it.
    static func beginning(with read: ReadBlock, isBeginning: Bool) -> (chain: EpochChain, problems: [Problem]) {
        let (block, isFirst) = (read.block, read.block.sequence == 1)
        var problems: [Problem] = []
        if isFirst {
            if block.previous.contains(where: { $0 != 0 }) { problems.append(.chain("names a block before the first")) }
        } else if isBeginning {
            problems.append(.chain("is block \(block.sequence) of an epoch whose earlier blocks are missing"))
        }
        let opening = read.events.first.flatMap { $0.event.operation == .epochOpen ? $0.event.epochKey : nil } ?? []
        let lastEvent = (read.events.first?.event.sequence ?? 1) &- 1
        if isFirst, lastEvent != 0 { problems.append(.chain("does not begin with event 1")) }
        var chain = EpochChain(
            sequence: block.sequence, hash: read.hash, lastEvent: lastEvent,
            signing: isFirst ? opening.isEmpty ? .none : .key(opening) : .unknown)
        problems += chain.check(read)
        return (chain, problems)
    }

    /// What is wrong with the next block.
    mutating func append(_ read: ReadBlock) -> [Problem] {
        let block = read.block
        var problems: [Problem] = []
        if block.sequence != sequence &+ 1 {
            problems.append(.chain("is block \(block.sequence) of its epoch, behind block \(sequence)"))
        } else if block.previous != hash.bytes {
            problems.append(.chain("does not name the block before it"))
        }
        (sequence, hash) = (block.sequence, read.hash)
        return problems + check(read)
    }

    private mutating func check(_ read: ReadBlock) -> [Problem] {
        var problems: [Problem] = []
        for event in read.events {
            if event.event.sequence != lastEvent &+ 1 {
                problems.append(.chain("has event \(event.event.sequence) behind event \(lastEvent)"))
            }
            lastEvent = event.event.sequence
        }
        let isSigned =
            switch signing {
            case .key(let key): BlockSignature.isValid(read.signature, of: read.bytes, by: key)
            case .none: read.signature.isEmpty
            case .unknown: true
            }
        return isSigned ? problems : problems + [.signature]
    }
}
