internal import FieldsealCrypto
internal import FieldsealSecureMemory

/// A secret of Standard Webhooks (standardwebhooks.com): the text `whsec_` and 24 to 64 bytes in Base64, in a file that
/// only its owner may read. Read anew for each call, so that a rotation needs no restart.
public struct WebhookSecret: Sendable {
    static let prefix = Array("whsec_".utf8)
    static let byteCount = 24...64

    let file: SecretFile

    public init(path: String) { file = SecretFile(path: path, holding: "webhook secret", length: 12...256) }

    /// `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`.
    func signature(of content: [UInt8]) throws -> String {
        let key = try key()
        let mac = try HMACSHA256(key: key)
        try mac.update(content)
        return "v1,\(Base64.encoded(try mac.finish()))"
    }

    private func key() throws -> SecretBytes {
        let text = try file.read()
        var buffer = try SecretBytes(count: Self.byteCount.upperBound)
        let count = text.withUnsafeBytes { text in
            text.starts(with: Self.prefix)
                ? buffer.withUnsafeMutableBytes { output in
                    Base64.decode(UnsafeRawBufferPointer(rebasing: text[Self.prefix.count...]), into: output)
                } : nil
        }
        guard let count, Self.byteCount.contains(count) else {
            throw SecretFileError(
                "\(file.path) holds no webhook secret: whsec_ and 24 to 64 bytes in Base64")
        }
        return try buffer.withUnsafeBytes { try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
