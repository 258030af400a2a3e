import FieldsealTransparencyLog

/// The log's tree as an append has left it.
struct TreeHead: Hashable, Sendable {
    /// Of a log without blocks.
    static let empty = TreeHead(frontier: MerkleFrontier(), term: 0, lastEvent: 0)

    let frontier: MerkleFrontier
    let root: TreeHash
    /// No two processes write under one; 0 for blocks that were stored before there was a tree.
    let term: Int64
    /// Index of the last event.
    let lastEvent: Int64

    init(frontier: MerkleFrontier, term: Int64, lastEvent: Int64) {
        (self.frontier, self.term, self.lastEvent) = (frontier, term, lastEvent)
        root = frontier.root
    }

    var size: UInt64 { frontier.size }

    func appending(_ leaves: some Sequence<TreeHash>, term: Int64, lastEvent: Int64) -> TreeHead {
        var frontier = frontier
        for leaf in leaves { frontier.append(leaf) }
        return TreeHead(frontier: frontier, term: term, lastEvent: lastEvent)
    }

    /// Checks that the log goes on from a head that is known.
    /// - Parameter root: of the tree of that head's size, as the database has it.
    func check(continues known: TreeHead, root: TreeHash?) throws(TreeProblem) {
        guard size >= known.size else {
            throw TreeProblem(.rolledBack, size: known.size, root: known.root, "the database has \(size) blocks")
        }
        guard root == known.root else {
            throw TreeProblem(.forked, size: known.size, root: known.root, "the database has another tree")
        }
    }
}

/// The database does not hold the log that is known. It is believed no more.
struct TreeProblem: Error, Hashable, CustomStringConvertible {
    enum Kind: String, Sendable {
        /// The log is shorter than it was.
        case rolledBack = "rolled-back"
        /// Another tree stands where one is known.
        case forked = "forked-tree"
        /// The tree is not that of the stored blocks.
        case damaged = "damaged-tree"
    }

    let kind: Kind
    /// Of the tree that is known, or that should be.
    let size: UInt64
    let root: TreeHash
    let detail: String

    init(_ kind: Kind, size: UInt64, root: TreeHash = .zero, _ detail: String) {
        (self.kind, self.size, self.root, self.detail) = (kind, size, root, detail)
    }

    var description: String { "\(kind.rawValue) at \(size): \(detail)" }
}
