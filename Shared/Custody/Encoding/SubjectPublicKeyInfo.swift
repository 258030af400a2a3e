internal import FieldsealCrypto

extension Ed25519PublicKey {
    /// What stands before the key's 32 bytes: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING without unused bits }.
    private static let algorithm: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    /// DER of a SubjectPublicKeyInfo (RFC 8410); nil for a key of another algorithm, and for any other encoding.
    init?(subjectPublicKeyInfo der: [UInt8]) {
        guard der.count == Self.algorithm.count + Self.byteCount, der.starts(with: Self.algorithm) else { return nil }
        self.init(Array(der.dropFirst(Self.algorithm.count)))
    }

    /// The same as PEM (RFC 7468, section 13), whose 44 bytes fit in one line; nil for all else.
    init?(pem: String) {
        let lines = pem.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3 || lines.count == 4 && lines[3].isEmpty, lines[0] == "-----BEGIN PUBLIC KEY-----",
            lines[2] == "-----END PUBLIC KEY-----", let der = Base64.decode(String(lines[1]))
        else { return nil }
        self.init(subjectPublicKeyInfo: der)
    }
}
