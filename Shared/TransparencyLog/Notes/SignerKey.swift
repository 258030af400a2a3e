internal import FieldsealCrypto
public import FieldsealSecureMemory

/// A note's private key and its text, `PRIVATE+KEY+name+id+key`, as the tools of Go's checksum database write it.
public struct SignerKey: ~Copyable {
    /// Bytes of a text that are read.
    public static let maximumCount = 1_024
    private static let prefix = "PRIVATE+KEY+"

    public let text: SecretBytes
    public let signer: Ed25519Signer

    /// A new key.
    /// - Throws: ``NoteError`` `.malformed` for a name that is none.
    public init(name: String) throws {
        let seed = try SecretBytes.random(count: Ed25519PrivateKey.seedCount)
        let signer = try Ed25519Signer(name: name, privateKey: try Ed25519PrivateKey(seed: seed))
        var key = try SecretBytes(count: 1 + seed.count)
        seed.withUnsafeBytes { seed in
            key.withUnsafeMutableBytes { key in
                key[0] = SignatureType.note.rawValue
                UnsafeMutableRawBufferPointer(rebasing: key.dropFirst()).copyMemory(from: seed)
            }
        }
        let head = Array(Self.head(signer).utf8)
        var text = try SecretBytes(count: head.count + Base64.encodedCount(key.count))
        key.withUnsafeBytes { key in
            text.withUnsafeMutableBytes { text in
                text.copyBytes(from: head)
                Base64.encode(key, into: UnsafeMutableRawBufferPointer(rebasing: text.dropFirst(head.count)))
            }
        }
        self.signer = signer
        self.text = text
    }

    /// Reads a text.
    /// - Throws: ``NoteError`` `.key` for any other text, another type of key, or an id that is not the key's.
    public init(parsing text: consuming SecretBytes) throws {
        let signer = try text.withUnsafeBytes { text in
            // Base64 has plus signs of its own: the key begins behind the fourth.
            let signs = text.indices.filter { text[$0] == UInt8(ascii: "+") }.prefix(4)
            guard signs.count == 4, let head = String(validating: text[...signs[3]], as: UTF8.self),
                head.hasPrefix(Self.prefix)
            else { throw NoteError.key }
            let key = try Self.key(UnsafeRawBufferPointer(rebasing: text[(signs[3] + 1)...]))
            let name = String(head.dropFirst(Self.prefix.count).prefix { $0 != "+" })
            let signer = try Ed25519Signer(name: name, privateKey: key)
            guard head == Self.head(signer) else { throw NoteError.key }
            return signer
        }
        self.signer = signer
        self.text = text
    }

    /// Base64 of the key's type and seed.
    private static func key(_ encoded: UnsafeRawBufferPointer) throws -> Ed25519PrivateKey {
        guard Base64.decodedCount(encoded) == 1 + Ed25519PrivateKey.seedCount else { throw NoteError.key }
        var key = try SecretBytes(count: 1 + Ed25519PrivateKey.seedCount)
        let isNoteKey = key.withUnsafeMutableBytes { key in
            Base64.decode(encoded, into: key) && key[0] == SignatureType.note.rawValue
        }
        guard isNoteKey else { throw NoteError.key }
        let seed = try key.withUnsafeBytes {
            try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0.dropFirst()))
        }
        return try Ed25519PrivateKey(seed: seed)
    }

    private static func head(_ signer: Ed25519Signer) -> String { "\(prefix)\(signer.key)+" }
}
