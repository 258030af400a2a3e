internal import FieldsealCrypto

/// What a witness keeps over its restarts: the checkpoints that it cosigned last, as signed notes in the order of their origins.
///
///     fieldseal-witness/v1
///     note 312
///     (312 bytes of a signed note)
///     sha256 (base64 of the hash of all before this line)
extension WitnessLedger {
    /// Bytes of a note that is kept: a request's, and the cosignature.
    static let maximumNote = maximumRequest + (4 << 10)
    /// Bytes of a state that is read.
    public static let maximumState = maximumLogs * (maximumNote + 32) + 128
    private static let head = Array("fieldseal-witness/v1\n".utf8)

    public var state: [UInt8] {
        var bytes = Self.head
        for (_, kept) in cosigned.sorted(by: { $0.key < $1.key }) {
            let note = kept.note.encoded
            bytes += Array("note \(note.count)\n".utf8) + note
        }
        return bytes + Array("sha256 \(Base64.encode(TreeHash(sha256: bytes).bytes))\n".utf8)
    }

    /// A ledger as it was.
    /// - Throws: ``NoteError`` `.malformed` for any bytes but those of a state; what ``init(logKeys:)`` throws.
    public init(logKeys: [NoteVerifier], state: [UInt8]) throws(NoteError) {
        guard state.count <= Self.maximumState, state.starts(with: Self.head) else { throw .malformed }
        var cosigned: [String: CosignedCheckpoint] = [:]
        var rest = state.dropFirst(Self.head.count)
        while let count = Self.takeNoteHead(&rest) {
            guard count <= min(rest.count, Self.maximumNote), cosigned.count < Self.maximumLogs else {
                throw .malformed
            }
            let kept = try CosignedCheckpoint(SignedNote(parsing: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
            cosigned[kept.checkpoint.origin] = kept
        }
        try self.init(logKeys: logKeys, cosigned: cosigned)
        // One origin twice, another order, other bytes in a note, a wrong checksum or none: all of it is not what is written.
        guard self.state == state else { throw .malformed }
    }

    /// The count of a line `note count`; nil where the next line is another.
    private static func takeNoteHead(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let end = bytes.prefix(16).firstIndex(of: 0x0A),
            let line = String(validating: bytes[..<end], as: UTF8.self), line.hasPrefix("note "),
            let count = Checkpoint.decimal(line.dropFirst(5))
        else { return nil }
        bytes = bytes[(end + 1)...]
        return Int(exactly: count)
    }
}
