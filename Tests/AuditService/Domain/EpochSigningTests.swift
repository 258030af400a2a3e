import FieldsealMessages
import Testing

@testable import AuditService

@Suite("Epoch signing")
struct EpochSigningTests {
    private func resigned(_ block: ReceivedBlock, _ signature: [UInt8]) throws -> ReceivedBlock {
        try ReceivedBlock(block.bytes, signature: signature)
    }

    @Test func blocksOfTheEpochsKeyAreAccepted() throws {
        var chain = Chain()
        let blocks = [try chain.block(), try chain.block(), try chain.block()]
        #expect(EpochSigning.refused(blocks, stored: nil).isEmpty)
        #expect(EpochSigning.refused(Array(blocks[1...]), stored: EpochSigning(first: blocks[0])).isEmpty)
    }

    @Test func anyOtherSignatureIsRefused() throws {
        var chain = Chain()
        let blocks = [try chain.block(), try chain.block()]
        let stored = EpochSigning(first: blocks[0])
        for signature in [[], blocks[0].signature, Array(blocks[1].signature.dropLast()), [1]] {
            let forged = try resigned(blocks[1], signature)
            #expect(EpochSigning.refused([forged], stored: stored) == [2])
            #expect(EpochSigning.refused([blocks[0], forged], stored: nil) == [2])
            #expect(
                ChainCheck([blocks[0], forged], after: EpochEnd(), stored: [:], misSigned: [2]).finding == .signature)
        }
        // Another key cannot take an epoch over.
        var other = Chain()
        other.epoch = chain.epoch
        #expect(EpochSigning.refused([try other.block()], stored: stored) == [1])
    }

    @Test func anEpochWithoutAKeyIsAcceptedOnlyWhereItHadBegun() throws {
        var chain = Chain()
        chain.key = nil
        let blocks = [try chain.block([event(.epochOpen)]), try chain.block()]
        #expect(EpochSigning.refused(blocks, stored: nil) == [1, 2])
        #expect(EpochSigning.refused(blocks, stored: .unsigned).isEmpty)
        #expect(EpochSigning.refused([try resigned(blocks[1], [1])], stored: .unsigned) == [2])
        #expect(EpochSigning.refused([blocks[1]], stored: nil) == [2])
    }

    @Test func aKeyThatIsNoneIsMalformed() {
        for change in [
            { $0.epochKey = [1] }, { $0.epochKey = [UInt8](repeating: 1, count: 33) },
            { (event: inout Proto.Event) in
                event.operation = .encrypt
                event.epochKey = [UInt8](repeating: 1, count: 32)
            },
        ] as [(inout Proto.Event) -> Void] {
            var chain = Chain()
            chain.key = nil
            var opening = event(.epochOpen)
            change(&opening)
            #expect(throws: AuditServiceError.malformedBlock) { try chain.block([opening]) }
        }
    }
}
