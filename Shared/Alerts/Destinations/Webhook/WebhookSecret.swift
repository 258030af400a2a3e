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
        return "v1,\(Base64.encode(try mac.finish()))"
    }

    private var noSecret: SecretFileError {
        SecretFileError("\(file.path) holds no webhook secret: whsec_ and 24 to 64 bytes in Base64")
    }

    private func key() throws -> SecretBytes {
        let text = try file.read()
        return try text.withUnsafeBytes { text in
            let encoded = UnsafeRawBufferPointer(rebasing: text.dropFirst(Self.prefix.count))
            guard text.starts(with: Self.prefix), let count = Base64.decodedCount(encoded),
                Self.byteCount.contains(count)
            else { throw noSecret }
            var key = try SecretBytes(count: count)
            guard key.withUnsafeMutableBytes({ Base64.decode(encoded, into: $0) }) else { throw noSecret }
            return key
        }
    }
}
