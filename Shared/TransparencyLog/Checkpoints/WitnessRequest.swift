internal import FieldsealCrypto

/// What a log asks a witness: to cosign a checkpoint that continues the one it cosigned last (C2SP tlog-witness,
/// `add-checkpoint`).
public struct WitnessRequest: Hashable, Sendable {
    public static let maximumProof = 63

    /// Size of the checkpoint that the witness cosigned last; 0: none.
    public let old: UInt64
    /// Consistency proof from that size.
    public let proof: [TreeHash]
    public let checkpoint: SignedNote

    public init(old: UInt64, proof: [TreeHash], checkpoint: SignedNote) {
        (self.old, self.proof, self.checkpoint) = (old, proof, checkpoint)
    }

    /// - Throws: ``NoteError`` `.tooLarge`, `.malformed`.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= SignedNote.maximumCount else { throw .tooLarge }
        guard let end = zip(bytes.indices, zip(bytes, bytes.dropFirst())).first(where: { $1 == (0x0A, 0x0A) })?.0,
            let head = String(validating: bytes[..<end], as: UTF8.self)
        else { throw .malformed }
        let lines = head.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count <= 1 + Self.maximumProof, lines[0].hasPrefix("old "),
            let old = Checkpoint.decimal(lines[0].dropFirst(4))
        else { throw .malformed }
        var proof: [TreeHash] = []
        for line in lines.dropFirst() {
            guard let hash = Base64.decode(String(line)).flatMap(TreeHash.init) else { throw .malformed }
            proof.append(hash)
        }
        self.init(old: old, proof: proof, checkpoint: try SignedNote(parsing: Array(bytes[(end + 2)...])))
    }

    public var encoded: [UInt8] {
        let lines = ["old \(old)"] + proof.map { Base64.encode($0.bytes) }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + checkpoint.encoded
    }

    /// The cosignatures of a witness' answer that are of these keys.
    /// - Throws: ``NoteError`` `.malformed`; `.signature` where one of these keys does not hold; `.unsigned` where there is none.
    public func cosignatures(in answer: [UInt8], of witnesses: [NoteVerifier]) throws -> [SignedNote.Signature] {
        var unsigned = try SignedNote(text: checkpoint.text)
        let note = try SignedNote(parsing: unsigned.encoded + answer)
        guard try !note.verified(by: witnesses).isEmpty else { throw NoteError.unsigned }
        let keys = Set(witnesses.map(\.key))
        unsigned.add(note.signatures.filter { keys.contains($0.key) })
        return unsigned.signatures
    }
}
