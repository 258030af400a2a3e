internal import FieldsealCrypto
internal import FieldsealSecureMemory

/// The Ed25519 signature of a block by its epoch's key.
public enum BlockSignature {
    public static let byteCount = 64
    public static let keyByteCount = 32
    /// Tells what is signed from any other use of the key.
    private static let prefix: [UInt8] = Array("fieldseal-block/v1\n".utf8)

    /// Whether the bytes are a signature of the encoded block by the key, which is the `epoch_key` of the epoch's first event.
    public static func isValid(_ signature: [UInt8], of block: [UInt8], by key: [UInt8]) -> Bool {
        guard let key = Ed25519PublicKey(key) else { return false }
        return (try? key.isValid(signature, of: message(block))) ?? false
    }

    fileprivate static func message(_ block: [UInt8]) -> [UInt8] { prefix + block }
}

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
