import FieldsealMessages
import FieldsealTransparencyLog
import Synchronization
import Testing

@testable import FieldsealAuditTrail

/// An audit service in memory: verifies what it is sent as `AUDITLOG.md` says and stores each block once. Its answers get
/// lost, come short or never come where it is told so.
final class RecordingSink: BlockSink {
    enum Behaviour {
        case answers
        case refuses
        /// By chance: refuses, stores and loses the answer, or acknowledges a part.
        case unreliable(seed: UInt64)
    }

    struct Lost: Error {}

    private struct State {
        var behaviour: Behaviour
        var random: LinearCongruential
        var epochs: [EventIdentifier: [[UInt8]]] = [:]
        var order: [(epoch: EventIdentifier, block: [UInt8])] = []
        var calls = 0
    }

    private let state: Mutex<State>
    let producer: String

    init(_ behaviour: Behaviour = .answers, producer: String = "spiffe://test/service") {
        var seed: UInt64 = 1
        if case .unreliable(let chosen) = behaviour { seed = chosen }
        state = Mutex(State(behaviour: behaviour, random: LinearCongruential(state: seed)))
        self.producer = producer
    }

    var calls: Int { state.withLock { $0.calls } }

    func become(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        #expect(producer == self.producer)
        #expect(!blocks.isEmpty && blocks.count <= 64)
        return try state.withLock { state in
            state.calls += 1
            let draw: UInt64
            switch state.behaviour {
            case .answers: draw = 9
            case .refuses: draw = 0
            case .unreliable: draw = state.random.next() % 10
            }
            if draw < 3 { throw Lost() }
            let part = draw < 5 ? blocks.prefix((blocks.count + 1) / 2) : blocks[...]
            for block in part { try store(block, in: &state) }
            if draw == 5 || draw == 6 { throw Lost() }
            return UInt64(state.epochs[blocks[0].epoch]?.count ?? 0)
        }
    }

    private func store(_ spooled: SpooledBlock, in state: inout State) throws {
        let known = state.epochs[spooled.epoch] ?? []
        if spooled.sequence <= known.count {
            #expect(known[Int(spooled.sequence) - 1] == spooled.block, "a block was sent again with another content")
            return
        }
        let block = try Proto.Block(decoding: spooled.block)
        #expect(block.producer == producer)
        let opening = try Proto.Event(decoding: Proto.Block(decoding: known.first ?? spooled.block).events[0])
        #expect(opening.operation == .epochOpen)
        #expect(BlockSignature.isValid(spooled.signature, of: spooled.block, by: opening.epochKey))
        #expect(block.epoch == spooled.epoch.bytes)
        #expect(block.sequence == spooled.sequence)
        #expect(Int(block.sequence) == known.count + 1, "a block is missing")
        #expect(block.previous == (known.last.map { TreeHash(sha256: $0) } ?? .zero).bytes)
        #expect(block.root == MerkleTree.root(of: block.events.map { MerkleTree.leafHash(of: $0) }).bytes)
        #expect(!block.events.isEmpty && block.events.count <= 4096)
        #expect(spooled.block.count <= 256 << 10)
        #expect(block.encoded() == spooled.block, "the encoding is not the one of protobuf-c")
        state.epochs[spooled.epoch] = known + [spooled.block]
        state.order.append((spooled.epoch, spooled.block))
    }

    /// All blocks in the order in which they were stored.
    func blocks() throws -> [Proto.Block] {
        try state.withLock { $0.order }.map { try Proto.Block(decoding: $0.block) }
    }

    /// All events in the order in which they were stored. Their sequences have been checked.
    func events() throws -> [Proto.Event] {
        var next: [[UInt8]: UInt64] = [:]
        return try blocks().flatMap { block in
            try block.events.map { bytes in
                let event = try Proto.Event(decoding: bytes)
                #expect(event.encoded() == bytes, "the encoding is not the one of protobuf-c")
                #expect(event.sequence == next[block.epoch, default: 1])
                next[block.epoch] = event.sequence + 1
                return event
            }
        }
    }

    /// The objects of recorded events; the tests number them there.
    func objects() throws -> [String] { try events().map(\.object).filter { !$0.isEmpty } }
}

/// Reproducible draws.
struct LinearCongruential: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
