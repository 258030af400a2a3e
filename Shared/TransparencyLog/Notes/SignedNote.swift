internal import FieldsealCrypto

/// Text that keys have signed (C2SP signed-note). Nothing of it means anything before `verified(by:)`.
public struct SignedNote: Hashable, Sendable {
    /// Bytes of a note that are read.
    public static let maximumCount = 1 << 20
    public static let maximumSignatures = 100

    public struct Signature: Hashable, Sendable {
        public let key: KeyName
        /// What follows the key's id.
        public let bytes: [UInt8]

        public init(key: KeyName, bytes: [UInt8]) { (self.key, self.bytes) = (key, bytes) }

        /// As it stands in a note, with its newline.
        public var line: String {
            let id = withUnsafeBytes(of: key.id.bigEndian) { Array($0) }
            return "\u{2014} \(key.name) \(Base64.encode(id + bytes))\n"
        }

        init(line: Substring) throws(NoteError) {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "\u{2014}", let encoded = Base64.decode(String(parts[2])),
                encoded.count > 4
            else { throw .malformed }
            key = try KeyName(String(parts[1]), id: encoded.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
            bytes = Array(encoded.dropFirst(4))
        }
    }

    /// Ends with a newline.
    public let text: String
    public private(set) var signatures: [Signature]

    /// - Throws: ``NoteError`` `.malformed` where the text does not end with a newline or holds control characters.
    public init(text: String) throws(NoteError) {
        guard text.hasSuffix("\n"), Self.isClean(text) else { throw .malformed }
        (self.text, signatures) = (text, [])
    }

    /// - Throws: ``NoteError`` `.tooLarge`, `.malformed`.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maximumCount else { throw .tooLarge }
        guard let note = String(validating: bytes, as: UTF8.self), Self.isClean(note), bytes.last == 0x0A,
            let boundary = Self.boundary(bytes)
        else { throw .malformed }
        try self.init(text: String(decoding: bytes[...boundary], as: UTF8.self))
        let lines = String(decoding: bytes[(boundary + 2)...].dropLast(), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else { throw .malformed }
        for line in lines { signatures.append(try Signature(line: line)) }
    }

    /// The newline that ends the text: the one before the note's last empty line.
    private static func boundary(_ bytes: [UInt8]) -> Int? {
        var position = bytes.count - 2
        while position > 0 {
            if bytes[position] == 0x0A, bytes[position - 1] == 0x0A { return position - 1 }
            position -= 1
        }
        return nil
    }

    private static func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A } }

    public var encoded: [UInt8] { Array((text + "\n" + signatures.map(\.line).joined()).utf8) }

    /// Adds a signature in the place of an earlier one of the same key.
    public mutating func sign(with signer: some NoteSigner) throws {
        let signature = Signature(key: signer.key, bytes: try signer.sign(text))
        signatures.removeAll { $0.key == signature.key }
        signatures.append(signature)
    }

    /// Adds signatures that others have made; one that is there already is not added again.
    public mutating func add(_ others: [Signature]) {
        for signature in others where !signatures.contains(signature) { signatures.append(signature) }
    }

    /// Those of the keys that have signed. Signatures of other keys are ignored, as the specification demands.
    ///
    /// - Throws: ``NoteError`` `.ambiguousKey` where two of the keys have one name and id; `.signature` where one of a known
    ///   key does not hold: the whole note is refused.
    public func verified(by verifiers: [NoteVerifier]) throws -> Set<NoteVerifier> {
        var signers: Set<NoteVerifier> = []
        for signature in signatures {
            let known = verifiers.filter { $0.key == signature.key }
            guard let verifier = known.first else { continue }
            guard known.allSatisfy({ $0 == verifier }) else { throw NoteError.ambiguousKey }
            guard try verifier.isValid(signature.bytes, of: text) else { throw NoteError.signature }
            signers.insert(verifier)
        }
        return signers
    }
}
