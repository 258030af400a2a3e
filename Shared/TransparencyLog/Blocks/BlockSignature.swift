internal import FieldsealCrypto

/// The Ed25519 signature of a block by its epoch's key.
public enum BlockSignature {
    public static let byteCount = Ed25519PublicKey.signatureCount
    public static let keyByteCount = Ed25519PublicKey.byteCount
    /// Tells what is signed from any other use of the key.
    private static let prefix: [UInt8] = Array("fieldseal-block/v1\n".utf8)

    /// Whether the bytes are a signature of the encoded block by the key, which is the `epoch_key` of the epoch's first event.
    public static func isValid(_ signature: [UInt8], of block: [UInt8], by key: [UInt8]) -> Bool {
        guard let key = Ed25519PublicKey(key) else { return false }
        return (try? key.isValid(signature, of: message(block))) ?? false
    }

    /// What is signed.
    public static func message(_ block: [UInt8]) -> [UInt8] { prefix + block }
}
