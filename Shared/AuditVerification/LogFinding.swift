/// Something that an honest log never shows.
public struct LogFinding: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// A leaf is not there: of the tree's size, or that the service cannot read.
        case missing
        /// A leaf that is no signed block, or whose events do not have its root.
        case leaf
        /// A block does not follow the one before it in its epoch, or its events do not.
        case chain
        /// A block is not signed by the key that its epoch began with.
        case signature
        /// A block of somebody who is no producer of this log.
        case unknownProducer = "unknown-producer"
        /// A row of the database says something else than the leaf.
        case row
        /// The leaves do not have the root that the log has signed.
        case root
        /// The log is smaller than it was.
        case rolledBack = "rolled-back"
        /// The log does not begin with the leaves that it had.
        case forked
        /// The checkpoint is not signed by the log, or by too few witnesses.
        case checkpoint
    }

    public let kind: Kind
    /// Index of the leaf, from 0; nil where no single one is meant.
    public let leaf: UInt64?
    /// Index of the event, from 1; nil where no single one is meant.
    public let event: UInt64?
    public let text: String

    public init(_ kind: Kind, leaf: UInt64? = nil, event: UInt64? = nil, _ text: String) {
        (self.kind, self.leaf, self.event, self.text) = (kind, leaf, event, text)
    }
}
