import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import FieldsealTransparencyLog

/// The first leaf of a log that takes the place of another one: an epoch of its own, of the audit service, whose one block holds
/// the statement of loss.
enum OpeningBlock {
    /// - Parameter statement: a signed note.
    static func make(statement: SignedNote, producer: String, at unixMicroseconds: Int64) throws -> ReceivedBlock {
        let key = try Ed25519PrivateKey(seed: SecretBytes.random(count: Ed25519PrivateKey.seedCount))
        let operations: [Proto.Operation] = [.epochOpen, .reorigin, .epochClose]
        let events = zip(operations, UInt64(1)...).map { operation, sequence in
            var event = Proto.Event(
                sequence: sequence, firstUnixUs: unixMicroseconds, lastUnixUs: unixMicroseconds, actor: producer,
                operation: operation, count: 1)
            if operation == .epochOpen { event.epochKey = key.publicKey.bytes }
            if operation == .reorigin { event.statement = statement.encoded }
            return event.encoded()
        }
        let epoch = (0..<16).map { _ in UInt8.random(in: 0...255) }
        let block = Proto.Block(
            producer: producer, epoch: epoch, sequence: 1, previous: TreeHash.zero.bytes,
            root: MerkleTree.root(of: events.map { MerkleTree.leafHash(of: $0) }).bytes, events: events
        ).encoded()
        return try ReceivedBlock(block, signature: try key.sign(BlockSignature.message(block)))
    }
}
