public import FieldsealCrypto

/// A public key that signs notes, in the text form `name+id+key` (C2SP signed-note, "vkey").
public struct NoteVerifier: Hashable, Sendable, CustomStringConvertible {
    public let key: KeyName
    public let type: SignatureType
    public let publicKey: Ed25519PublicKey

    /// - Throws: ``NoteError`` `.malformed` for a name that is none.
    public init(name: String, type: SignatureType, publicKey: Ed25519PublicKey) throws(NoteError) {
        key = try KeyName(name, type: type, publicKey: publicKey.bytes)
        (self.type, self.publicKey) = (type, publicKey)
    }

    /// - Throws: ``NoteError`` `.key` for any other text, an unknown type, or an id that is not the key's.
    public init(_ text: String) throws(NoteError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let encoded = Base64.decode(String(parts[2])),
            let type = encoded.first.flatMap(SignatureType.init(rawValue:)),
            let publicKey = Ed25519PublicKey(Array(encoded.dropFirst()))
        else { throw .key }
        do {
            try self.init(name: String(parts[0]), type: type, publicKey: publicKey)
        } catch {
            throw .key
        }
        guard description == text else { throw .key }
    }

    public var description: String { "\(key)+\(Base64.encode([type.rawValue] + publicKey.bytes))" }

    func isValid(_ signature: [UInt8], of text: String) throws -> Bool {
        switch type {
        case .note: try publicKey.isValid(signature, of: Array(text.utf8))
        case .cosignature:
            if let cosignature = Cosignature(signature) {
                try publicKey.isValid(cosignature.signature, of: cosignature.message(text))
            } else {
                false
            }
        }
    }
}

/// Whoever signs notes: a key in memory, in a token, or with a service.
public protocol NoteSigner: Sendable {
    var key: KeyName { get }

    /// What follows the key's id in a signature line.
    func sign(_ text: String) throws -> [UInt8]
}
