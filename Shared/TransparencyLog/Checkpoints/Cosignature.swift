internal import FieldsealCrypto

/// A witness's statement that it saw no larger consistent tree of the log (C2SP tlog-cosignature, Ed25519).
public struct Cosignature: Hashable, Sendable {
    /// Seconds since 1970, at most 2^63 - 1.
    public let timestamp: UInt64
    /// 64 bytes.
    let signature: [UInt8]

    init(timestamp: UInt64, signature: [UInt8]) { (self.timestamp, self.signature) = (timestamp, signature) }

    /// Reads what follows the key's id in a signature line; nil where it is no cosignature.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 8 + Ed25519PublicKey.signatureCount else { return nil }
        timestamp = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        signature = Array(bytes.dropFirst(8))
        guard timestamp <= Int64.max else { return nil }
    }

    var encoded: [UInt8] { withUnsafeBytes(of: timestamp.bigEndian) { Array($0) } + signature }

    /// What is signed: a header that tells it from any other use of the key, the time, and the checkpoint's text.
    func message(_ text: String) -> [UInt8] { Array("cosignature/v1\ntime \(timestamp)\n\(text)".utf8) }
}
