import FieldsealMessages
import FieldsealTransparencyLog

/// What the log's tree is built of: a block as it was sent, and its signature.
struct LogLeaf: Hashable, Sendable {
    let bytes: [UInt8]

    init(block: [UInt8], signature: [UInt8]) {
        bytes = Proto.SignedBlock(block: block, signature: signature).encoded()
    }

    var hash: TreeHash { MerkleTree.leafHash(of: bytes) }
}
