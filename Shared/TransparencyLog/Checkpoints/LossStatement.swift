internal import FieldsealCrypto

/// What a log says in its first leaf that takes the place of another one: which log that was, how much of it the database held,
/// and the last checkpoint that is known of it. AUDITLOG.md has the form.
public struct LossStatement: Hashable, Sendable {
    public static let maximumReason = 1_000
    private static let heading = "fieldseal-audit-reorigin/v1"

    /// The new log's.
    public let origin: String
    /// What the database held: of the tree that it says it has.
    public let databaseSize: UInt64
    public let databaseRoot: TreeHash
    /// Seconds since 1970-01-01 UTC.
    public let time: Int64
    public let reason: String
    /// The old log's last known checkpoint, of which nothing was verified.
    public let last: SignedNote
    public let lastCheckpoint: Checkpoint

    /// - Throws: ``NoteError`` `.malformed` where `last` is no checkpoint, or the reason is empty, longer than 1,000 bytes or holds
    ///   control characters; `.origin` where both logs have the same.
    public init(
        origin: String, databaseSize: UInt64, databaseRoot: TreeHash, time: Int64, reason: String, last: SignedNote
    ) throws(NoteError) {
        guard (1...Self.maximumReason).contains(reason.utf8.count), reason.utf8.allSatisfy({ $0 >= 0x20 }),
            databaseSize <= Int64.max, time >= 0, !origin.isEmpty, origin.utf8.allSatisfy({ $0 >= 0x20 })
        else { throw .malformed }
        lastCheckpoint = try Checkpoint(text: last.text)
        guard lastCheckpoint.origin != origin else { throw .origin }
        (self.origin, self.databaseSize, self.databaseRoot) = (origin, databaseSize, databaseRoot)
        (self.time, self.reason, self.last) = (time, reason, last)
    }

    /// The text that the new log's keys sign.
    public var text: String {
        """
        \(Self.heading)
        \(origin)
        \(databaseSize) \(Base64.encode(databaseRoot.bytes))
        \(time)
        \(reason)

        \(String(decoding: last.encoded, as: UTF8.self))
        """
    }

    /// Reads a note's text.
    /// - Throws: ``NoteError`` as the other initializer.
    public init(text: String) throws(NoteError) {
        let lines = text.split(separator: "\n", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 7, lines[0] == Self.heading, lines[5].isEmpty else { throw .malformed }
        let held = lines[2].split(separator: " ", omittingEmptySubsequences: false)
        guard held.count == 2, let size = Checkpoint.decimal(held[0]),
            let root = Base64.decode(String(held[1])).flatMap(TreeHash.init),
            let time = Checkpoint.decimal(lines[3]).flatMap(Int64.init(exactly:))
        else { throw .malformed }
        try self.init(
            origin: lines[1], databaseSize: size, databaseRoot: root, time: time, reason: lines[4],
            last: try SignedNote(parsing: Array(lines[6].utf8)))
        guard self.text == text else { throw .malformed }
    }
}
