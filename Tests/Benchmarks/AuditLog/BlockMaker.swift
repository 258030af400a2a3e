import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Foundation

/// A producer's epoch that never waits: signed blocks of events as an encryption service makes them.
struct BlockMaker {
    private let producer: String
    private let key: Ed25519PrivateKey
    let epoch: [UInt8]
    private var sequence: UInt64 = 0
    private var event: UInt64 = 0
    private var previous = [UInt8](repeating: 0, count: 32)

    init(producer: String) throws {
        self.producer = producer
        key = try Ed25519PrivateKey(seed: .random(count: Ed25519PrivateKey.seedCount))
        epoch = Self.random()
    }

    mutating func next(events count: Int) throws -> Proto.SignedBlock {
        sequence += 1
        var block = Proto.Block(producer: producer, epoch: epoch, sequence: sequence, previous: previous)
        var tree = MerkleFrontier()
        for _ in 0..<count {
            let bytes = nextEvent().encoded()
            tree.append(MerkleTree.leafHash(of: bytes))
            block.events.append(bytes)
        }
        block.root = tree.root.bytes
        let bytes = block.encoded()
        previous = TreeHash(sha256: bytes).bytes
        return Proto.SignedBlock(block: bytes, signature: try key.sign(BlockSignature.message(bytes)))
    }

    private mutating func nextEvent() -> Proto.Event {
        event += 1
        let now = Int64(Date().timeIntervalSince1970 * 1e6)
        guard event > 1 else {
            return Proto.Event(
                sequence: event, firstUnixUs: now, lastUnixUs: now, actor: producer, operation: .epochOpen,
                epochKey: key.publicKey.bytes)
        }
        return Proto.Event(
            sequence: event, firstUnixUs: now, lastUnixUs: now, actor: "spiffe://fieldseal.local/backend/\(event % 50)",
            operation: event % 3 == 0 ? .decrypt : .encrypt, table: "table_\(event % 20)", field: "field_\(event % 7)",
            keyVersion: 1_000 + event % 140, outcome: event % 500 == 0 ? 3 : 0, count: 1, requestIDs: Self.random())
    }

    private static func random() -> [UInt8] {
        withUnsafeBytes(of: UInt128.random(in: .min ... .max)) { Array($0) }
    }
}
