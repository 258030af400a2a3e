internal import FieldsealCrypto

/// What tlog-proof and tlog-witness have in common: lines, an empty one, and a checkpoint.
struct HeadedCheckpoint {
    let lines: [Substring]
    let checkpoint: SignedNote

    /// - Throws: ``NoteError`` `.tooLarge`, `.malformed`.
    init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= SignedNote.maximumCount else { throw .tooLarge }
        guard let end = zip(bytes.indices, zip(bytes, bytes.dropFirst())).first(where: { $1 == (0x0A, 0x0A) })?.0,
            let head = String(validating: bytes[..<end], as: UTF8.self)
        else { throw .malformed }
        lines = head.split(separator: "\n", omittingEmptySubsequences: false)
        checkpoint = try SignedNote(parsing: Array(bytes[(end + 2)...]))
    }

    static func encode(_ lines: [String], _ checkpoint: SignedNote) -> [UInt8] {
        Array((lines.joined(separator: "\n") + "\n\n").utf8) + checkpoint.encoded
    }
}

extension [TreeHash] {
    /// Reads hashes in base64, one a line.
    init(lines: some Sequence<Substring>) throws(NoteError) {
        self = []
        for line in lines {
            guard let hash = Base64.decode(String(line)).flatMap(TreeHash.init) else { throw .malformed }
            append(hash)
        }
    }

    var lines: [String] { map { Base64.encode($0.bytes) } }
}
