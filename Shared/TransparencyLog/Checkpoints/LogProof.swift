internal import FieldsealCrypto

/// A proof that a log holds an entry, which needs nothing but the log's policy (C2SP tlog-proof).
public struct LogProof: Hashable, Sendable {
    private static let header = "c2sp.org/tlog-proof@v1"

    /// Bytes that nobody vouches for; nil: none.
    public var extra: [UInt8]?
    /// Of the entry, from 0.
    public var index: UInt64
    /// From the leaf's sibling up.
    public var inclusion: [TreeHash]
    public var checkpoint: SignedNote

    public init(extra: [UInt8]? = nil, index: UInt64, inclusion: [TreeHash], checkpoint: SignedNote) {
        (self.extra, self.index, self.inclusion, self.checkpoint) = (extra, index, inclusion, checkpoint)
    }

    /// - Throws: ``NoteError`` `.tooLarge`, `.malformed`.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        let headed = try HeadedCheckpoint(parsing: bytes)
        var lines = headed.lines[...]
        guard lines.popFirst() == Self.header[...] else { throw .malformed }
        if let line = lines.first, line.hasPrefix("extra ") {
            guard let bytes = Base64.decode(String(line.dropFirst(6))) else { throw .malformed }
            extra = bytes
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "), let index = Checkpoint.decimal(line.dropFirst(6)),
            lines.count <= MerkleProof.maximumCount
        else { throw .malformed }
        self.index = index
        inclusion = try [TreeHash](lines: lines)
        checkpoint = headed.checkpoint
        _ = try Checkpoint(text: checkpoint.text)
    }

    public var encoded: [UInt8] {
        var lines = [Self.header]
        if let extra { lines.append("extra \(Base64.encode(extra))") }
        lines.append("index \(index)")
        return HeadedCheckpoint.encode(lines + inclusion.lines, checkpoint)
    }

    /// Checks that a log of this policy holds the leaf.
    /// - Throws: ``NoteError``, ``ProofError``.
    @discardableResult
    public func verify(_ leaf: TreeHash, _ policy: LogPolicy) throws -> VerifiedCheckpoint {
        let verified = try policy.verify(checkpoint)
        try MerkleProof.checkInclusion(
            of: leaf, at: index, in: verified.checkpoint.size, inclusion, root: verified.checkpoint.root)
        return verified
    }
}
