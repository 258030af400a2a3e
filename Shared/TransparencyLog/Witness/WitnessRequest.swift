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
        let headed = try HeadedCheckpoint(parsing: bytes)
        guard let first = headed.lines.first, headed.lines.count <= 1 + Self.maximumProof, first.hasPrefix("old "),
            let old = Checkpoint.decimal(first.dropFirst(4))
        else { throw .malformed }
        self.init(
            old: old, proof: try [TreeHash](lines: headed.lines.dropFirst()), checkpoint: headed.checkpoint)
    }

    public var encoded: [UInt8] {
        HeadedCheckpoint.encode(["old \(old)"] + proof.lines, checkpoint)
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
