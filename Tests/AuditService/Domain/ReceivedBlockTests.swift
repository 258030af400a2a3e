import FieldsealMessages
import Testing

@testable import AuditService

@Suite("Received blocks")
struct ReceivedBlockTests {
    @Test func aWellFormedBlockIsRead() throws {
        var chain = Chain()
        let block = try chain.block([event(), event(.decrypt)])
        #expect(block.sequence == 1)
        #expect(block.events.map(\.sequence) == [1, 2])
        #expect(block.producer == chain.producer)
    }

    @Test(
        arguments: [
            { (block: inout Proto.Block) in block.epoch = [1, 2, 3] },
            { $0.sequence = 0 },
            { $0.sequence = .max },
            { $0.dropped = .max },
            { $0.previous = [] },
            { $0.root = [UInt8](repeating: 0, count: 31) },
            { $0.producer = "" },
            { $0.producer = "a\0b" },
            { $0.producer = String(repeating: "x", count: 3_000) },
            { $0.events = [] },
            { $0.events = [[0xff]] },
            { $0.events = [[]] },
            { $0.events = [[UInt8]](repeating: event().encoded(), count: 4_097) },
            { $0.events = [[UInt8](repeating: 0, count: 300_000)] },
        ] as [@Sendable (inout Proto.Block) -> Void])
    func aMalformedBlockIsRefused(change: @Sendable (inout Proto.Block) -> Void) {
        #expect(throws: AuditServiceError.malformedBlock) {
            try ReceivedBlock(Chain().encoded([event()], change), signature: [])
        }
    }

    @Test func aRootThatIsNotOfTheEventsIsRefused() {
        #expect(throws: AuditServiceError.badRoot) {
            try ReceivedBlock(Chain().encoded([event()]) { $0.root[0] ^= 1 }, signature: [])
        }
        #expect(throws: AuditServiceError.badRoot) {
            try ReceivedBlock(Chain().encoded([event(), event()]) { $0.events.swapAt(0, 1) }, signature: [])
        }
    }

    @Test(
        arguments: [
            { (event: inout Proto.Event) in event.actor = "a\0" },
            { $0.table = String(repeating: "t", count: 1_025) },
            { $0.cause = String(repeating: "c", count: 2_049) },
            { $0.lastUnixUs = $0.firstUnixUs - 1 },
            { $0.outcome = 17 },
            { $0.outcome = -1 },
            { $0.recordHashes = [1] },
            { $0.outboxID = [UInt8](repeating: 1, count: 32) },
            { $0.sequence = .max },
        ] as [@Sendable (inout Proto.Event) -> Void])
    func aMalformedEventIsRefused(change: @Sendable (inout Proto.Event) -> Void) {
        var bad = event()
        change(&bad)
        #expect(throws: AuditServiceError.malformedBlock) { try ReceivedBlock(Chain().encoded([bad]), signature: []) }
    }

    @Test func anyPrefixOfABlockIsRefusedAndNothingTraps() {
        let bytes = Chain().encoded([event(), event(.decrypt)])
        for length in 0..<bytes.count {
            #expect(throws: AuditServiceError.self) { try ReceivedBlock(Array(bytes[..<length]), signature: []) }
        }
    }
}
