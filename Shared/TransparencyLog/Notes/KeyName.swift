internal import FieldsealCrypto

/// Name and id of a note's key, which together identify it (C2SP signed-note).
public struct KeyName: Hashable, Sendable, CustomStringConvertible {
    public let name: String
    public let id: UInt32

    /// - Throws: ``NoteError`` `.malformed` where the name is empty or holds spaces, control characters or a plus sign.
    public init(_ name: String, id: UInt32) throws(NoteError) {
        let isValid = name.unicodeScalars.allSatisfy { scalar in
            scalar != "+" && scalar.value >= 0x20 && scalar.value != 0x7F && !scalar.properties.isWhitespace
        }
        guard !name.isEmpty, isValid else { throw .malformed }
        (self.name, self.id) = (name, id)
    }

    /// The id is the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key).
    init(_ name: String, type: SignatureType, publicKey: [UInt8]) throws(NoteError) {
        let hash = TreeHash(sha256: Array(name.utf8) + [0x0A, type.rawValue] + publicKey)
        try self.init(name, id: hash.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// `name+id`, the id in eight hexadecimal digits.
    public var description: String {
        let digits = String(id, radix: 16)
        return "\(name)+\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)"
    }
}

/// What a key signs: the assigned bytes of C2SP signed-note.
public enum SignatureType: UInt8, Hashable, Sendable {
    /// The note's text.
    case note = 0x01
    /// A checkpoint, with the time of the cosignature (C2SP tlog-cosignature).
    case cosignature = 0x04
}
