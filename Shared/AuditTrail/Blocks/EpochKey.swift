internal import FieldsealCrypto
internal import FieldsealSecureMemory
internal import FieldsealTransparencyLog

/// The key that signs one epoch's blocks: made at its start, in locked memory alone, gone with its last owner.
struct EpochKey {
    private let key: Ed25519PrivateKey

    init() throws(SpoolError) {
        do {
            key = try Ed25519PrivateKey(seed: try SecretBytes.random(count: Ed25519PrivateKey.seedCount))
        } catch {
            throw .signing("no key for the epoch: \(error)")
        }
    }

    var publicKey: [UInt8] { key.publicKey.bytes }

    func sign(_ block: [UInt8]) throws(SpoolError) -> [UInt8] {
        do {
            return try key.sign(BlockSignature.message(block))
        } catch {
            throw .signing("a block cannot be signed: \(error)")
        }
    }
}
