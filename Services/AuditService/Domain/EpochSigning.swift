import FieldsealTransparencyLog

/// Who signs an epoch's blocks, as its first event says.
enum EpochSigning: Hashable, Sendable {
    case key([UInt8])
    /// Nobody: an epoch from before blocks were signed.
    case unsigned

    /// - Parameter first: block 1 of the epoch.
    init(first: ReceivedBlock) {
        let opening = first.events.first?.event
        if let opening, opening.operation == .epochOpen, !opening.epochKey.isEmpty {
            self = .key(opening.epochKey)
        } else {
            self = .unsigned
        }
    }

    /// Sequences of the blocks that must not be stored: their signature does not hold, or their epoch is begun without a key.
    ///
    /// - Parameters:
    ///   - blocks: of one producer and one epoch.
    ///   - stored: what the stored block 1 says; nil where there is none.
    ///   - isContinuation: the log takes the place of another one, which may have had block 1: nobody can say who signs then.
    static func refused(
        _ blocks: [ReceivedBlock], stored: EpochSigning?, isContinuation: Bool = false
    ) -> Set<Int64> {
        let announced = blocks.first { $0.sequence == 1 }.map(EpochSigning.init)
        let refused = blocks.filter { block in
            switch (stored, stored ?? announced) {
            case (_, .key(let key)): !BlockSignature.isValid(block.signature, of: block.bytes, by: key)
            case (.some, .unsigned): !block.signature.isEmpty
            case (nil, .unsigned): true
            case (_, nil): !isContinuation
            }
        }
        return Set(refused.map(\.sequence))
    }
}
