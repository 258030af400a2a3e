import FieldsealTransparencyLog
import Testing

@testable import AuditService

@Suite("Chain check")
struct ChainCheckTests {
    @Test func blocksThatContinueAreAccepted() throws {
        var chain = Chain()
        let blocks = [try chain.block(), try chain.block([event(), event()]), try chain.block()]
        let check = ChainCheck(blocks, after: EpochEnd(), stored: [:])
        #expect(check.accepted.map(\.sequence) == [1, 2, 3])
        #expect(check.end == EpochEnd(sequence: 3, hash: blocks[2].hash, lastEvent: 4))
        #expect(check.finding == nil)
    }

    @Test func whatIsStoredAlreadyIsNotStoredAgain() throws {
        var chain = Chain()
        let blocks = [try chain.block(), try chain.block(), try chain.block()]
        let end = EpochEnd(sequence: 2, hash: blocks[1].hash, lastEvent: 2)
        let check = ChainCheck(blocks, after: end, stored: [1: blocks[0].hash, 2: blocks[1].hash])
        #expect(check.accepted.map(\.sequence) == [3])
        #expect(check.finding == nil)
        let again = ChainCheck(blocks + blocks, after: EpochEnd(), stored: [:])
        #expect(again.accepted.count == 3 && again.finding == nil)
    }

    @Test func otherBytesUnderAKnownSequenceAreAFork() throws {
        var (chain, other) = (Chain(), Chain())
        other.epoch = chain.epoch
        let (stored, forged) = (try chain.block([event()]), try other.block([event(.decrypt)]))
        let end = EpochEnd(sequence: 1, hash: stored.hash, lastEvent: 1)
        let check = ChainCheck([forged], after: end, stored: [1: stored.hash])
        #expect(check.finding == .fork && check.accepted.isEmpty && check.refused?.hash == forged.hash)
        #expect(check.end == end)
    }

    @Test func aPreviousHashThatDoesNotFitIsAFork() throws {
        var chain = Chain()
        _ = try chain.block()
        let second = try chain.block()
        let end = EpochEnd(sequence: 1, hash: TreeHash(sha256: [1]), lastEvent: 1)
        #expect(ChainCheck([second], after: end, stored: [:]).finding == .fork)
    }

    @Test func missingBlocksAreAGapAndWithoutAnyAnUnknownEpoch() throws {
        var chain = Chain()
        let blocks = [try chain.block(), try chain.block(), try chain.block()]
        #expect(ChainCheck([blocks[1]], after: EpochEnd(), stored: [:]).finding == .unknownEpoch)
        let check = ChainCheck([blocks[0], blocks[2]], after: EpochEnd(), stored: [:])
        #expect(check.finding == .gap && check.accepted.map(\.sequence) == [1] && check.end.sequence == 1)
    }

    @Test func missingEventsAreAGapOfTheirOwn() throws {
        var skipping = event()
        skipping.sequence = 2
        let block = try ReceivedBlock(Chain().encoded([skipping]), signature: [])
        #expect(ChainCheck([block], after: EpochEnd(), stored: [:]).finding == .eventGap)
    }

    @Test func theLastSequenceIsNoTrap() throws {
        let block = try ReceivedBlock(Chain().encoded { $0.sequence = UInt64(Int64.max) }, signature: [])
        let end = EpochEnd(sequence: .max, hash: block.hash, lastEvent: .max)
        #expect(ChainCheck([block], after: end, stored: [.max: block.hash]).finding == nil)
        #expect(ChainCheck([block], after: EpochEnd(), stored: [:]).finding == .unknownEpoch)
    }
}
