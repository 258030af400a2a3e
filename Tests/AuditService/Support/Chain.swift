import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import FieldsealTransparencyLog

@testable import AuditService

/// A producer that makes valid blocks, for as long as a test lets it. The first event of all, whatever the test wants it to
/// be, also opens the epoch.
struct Chain {
    var producer = "spiffe://fieldseal.test/service/encryption"
    var epoch = (0..<16).map { _ in UInt8.random(in: 0...255) }
    private(set) var sequence: UInt64 = 0
    private(set) var lastEvent: UInt64 = 0
    private var previous = TreeHash.zero
    /// nil: an epoch from before blocks were signed.
    var key: Ed25519PrivateKey?

    init(producer: String = "spiffe://fieldseal.test/service/encryption") {
        self.producer = producer
        key = try? Ed25519PrivateKey(seed: SecretBytes.random(count: Ed25519PrivateKey.seedCount))
    }

    /// The next block, holding these events; their sequences are filled in.
    mutating func block(_ events: [Proto.Event] = [event()]) throws -> ReceivedBlock {
        let encoded = self.encoded(events)
        let block = try ReceivedBlock(encoded, signature: try signature(of: encoded))
        sequence += 1
        lastEvent += UInt64(events.count)
        previous = block.hash
        return block
    }

    func signature(of block: [UInt8]) throws -> [UInt8] {
        try key?.sign(Array("fieldseal-block/v1\n".utf8) + block) ?? []
    }

    /// What `block` would make next, changed by `change` before the root is computed.
    func encoded(_ events: [Proto.Event] = [event()], _ change: (inout Proto.Block) -> Void = { _ in }) -> [UInt8] {
        var encodings: [[UInt8]] = []
        for (offset, event) in events.enumerated() {
            var event = event
            if event.sequence == 0 { event.sequence = lastEvent + 1 + UInt64(offset) }
            if sequence == 0, offset == 0, let key {
                event.operation = .epochOpen
                event.epochKey = key.publicKey.bytes
            }
            encodings.append(event.encoded())
        }
        var block = Proto.Block(
            producer: producer, epoch: epoch, sequence: sequence + 1, previous: previous.bytes,
            root: MerkleTree.root(of: encodings.map { MerkleTree.leafHash(of: $0) }).bytes, events: encodings)
        change(&block)
        return block.encoded()
    }

    static func event(_ operation: Proto.Operation = .encrypt, at time: Int64 = 1_000) -> Proto.Event {
        Proto.Event(
            firstUnixUs: time, lastUnixUs: time, actor: "spiffe://fieldseal.test/backend", operation: operation,
            table: "users", field: "email", keyVersion: 7, count: 1)
    }
}

func event(_ operation: Proto.Operation = .encrypt, at time: Int64 = 1_000) -> Proto.Event {
    Chain.event(operation, at: time)
}
