internal import FieldsealCrypto
public import FieldsealSecureMemory

/// A private key of notes or cosignatures and its text, `PRIVATE+KEY+name+id+key`, as the tools of Go's checksum database write
/// it.
public struct SignerKey: ~Copyable {
    /// Bytes of a text that are read.
    public static let maximumCount = 1_024
    private static let prefix = "PRIVATE+KEY+"

    public let text: SecretBytes
    public let verifier: NoteVerifier
    private let privateKey: Ed25519PrivateKey

    /// A new key.
    /// - Throws: ``NoteError`` `.malformed` for a name that is none.
    public init(name: String, type: SignatureType = .note) throws {
        let seed = try SecretBytes.random(count: Ed25519PrivateKey.seedCount)
        let privateKey = try Ed25519PrivateKey(seed: seed)
        let verifier = try NoteVerifier(name: name, type: type, publicKey: privateKey.publicKey)
        var key = try SecretBytes(count: 1 + seed.count)
        seed.withUnsafeBytes { seed in
            key.withUnsafeMutableBytes { key in
                key[0] = type.rawValue
                UnsafeMutableRawBufferPointer(rebasing: key.dropFirst()).copyMemory(from: seed)
            }
        }
        let head = Array(Self.head(verifier).utf8)
        var text = try SecretBytes(count: head.count + Base64.encodedCount(key.count))
        key.withUnsafeBytes { key in
            text.withUnsafeMutableBytes { text in
                text.copyBytes(from: head)
                Base64.encode(key, into: UnsafeMutableRawBufferPointer(rebasing: text.dropFirst(head.count)))
            }
        }
        (self.verifier, self.privateKey) = (verifier, privateKey)
        self.text = text
    }

    /// Reads a text.
    /// - Throws: ``NoteError`` `.key` for any other text, an unknown type of key, or an id that is not the key's.
    public init(parsing text: consuming SecretBytes) throws {
        let (verifier, privateKey) = try text.withUnsafeBytes { text in
            // Base64 has plus signs of its own: the key begins behind the fourth.
            let signs = text.indices.filter { text[$0] == UInt8(ascii: "+") }.prefix(4)
            guard signs.count == 4, let head = String(validating: text[...signs[3]], as: UTF8.self),
                head.hasPrefix(Self.prefix)
            else { throw NoteError.key }
            let (type, key) = try Self.key(UnsafeRawBufferPointer(rebasing: text[(signs[3] + 1)...]))
            let name = String(head.dropFirst(Self.prefix.count).prefix { $0 != "+" })
            let verifier = try NoteVerifier(name: name, type: type, publicKey: key.publicKey)
            guard head == Self.head(verifier) else { throw NoteError.key }
            return (verifier, key)
        }
        (self.verifier, self.privateKey) = (verifier, privateKey)
        self.text = text
    }

    /// - Throws: ``NoteError`` `.key` where it is no key of notes.
    public func signer() throws(NoteError) -> Ed25519Signer {
        guard verifier.type == .note else { throw .key }
        return try Ed25519Signer(name: verifier.key.name, privateKey: privateKey)
    }

    /// - Parameter clock: seconds since 1970.
    /// - Throws: ``NoteError`` `.key` where it is no key of cosignatures.
    public func cosigner(clock: @escaping @Sendable () -> UInt64) throws(NoteError) -> CosignatureSigner {
        guard verifier.type == .cosignature else { throw .key }
        return try CosignatureSigner(name: verifier.key.name, privateKey: privateKey, clock: clock)
    }

    /// Base64 of the key's type and seed.
    private static func key(_ encoded: UnsafeRawBufferPointer) throws -> (SignatureType, Ed25519PrivateKey) {
        guard Base64.decodedCount(encoded) == 1 + Ed25519PrivateKey.seedCount else { throw NoteError.key }
        var key = try SecretBytes(count: 1 + Ed25519PrivateKey.seedCount)
        let type = key.withUnsafeMutableBytes { key in
            Base64.decode(encoded, into: key) ? SignatureType(rawValue: key[0]) : nil
        }
        guard let type else { throw NoteError.key }
        let seed = try key.withUnsafeBytes {
            try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0.dropFirst()))
        }
        return (type, try Ed25519PrivateKey(seed: seed))
    }

    private static func head(_ verifier: NoteVerifier) -> String { "\(prefix)\(verifier.key)+" }
}
