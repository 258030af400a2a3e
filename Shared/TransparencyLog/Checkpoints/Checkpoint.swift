internal import FieldsealCrypto

/// The head of a log: how many leaves it has and their root (C2SP tlog-checkpoint).
public struct Checkpoint: Hashable, Sendable {
    /// Names the log.
    public let origin: String
    /// Leaves.
    public let size: UInt64
    public let root: TreeHash
    /// Further lines, which nobody vouches for.
    public let extensions: [String]

    /// - Throws: ``NoteError`` `.malformed` for an origin or a line that is empty or holds control characters, and for a root
    ///   of an empty tree that is none.
    public init(origin: String, size: UInt64, root: TreeHash, extensions: [String] = []) throws(NoteError) {
        let lines = [origin] + extensions
        guard lines.allSatisfy({ line in !line.isEmpty && line.utf8.allSatisfy { $0 >= 0x20 } }),
            size <= Int64.max, size > 0 || root == MerkleTree.emptyRoot
        else { throw .malformed }
        (self.origin, self.size, self.root, self.extensions) = (origin, size, root, extensions)
    }

    /// Reads a note's text.
    /// - Throws: ``NoteError`` `.malformed`.
    public init(text: String) throws(NoteError) {
        guard text.utf8.last == 0x0A else { throw .malformed }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 3, let size = Self.decimal(lines[1]),
            let root = Base64.decode(lines[2]).flatMap(TreeHash.init)
        else { throw .malformed }
        try self.init(origin: lines[0], size: size, root: root, extensions: Array(lines.dropFirst(3)))
    }

    /// ASCII digits without leading zeros.
    static func decimal(_ text: some StringProtocol) -> UInt64? {
        guard let value = UInt64(text), String(value) == text else { return nil }
        return value
    }

    public var text: String {
        ([origin, String(size), Base64.encode(root.bytes)] + extensions).joined(separator: "\n") + "\n"
    }
}
