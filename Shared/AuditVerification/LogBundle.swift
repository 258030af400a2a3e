public import FieldsealTransparencyLog
internal import Foundation

/// Leaves of a log in a file that proves itself: JSON lines, the first with a checkpoint and what ties the leaves to it, then
/// one for each leaf. AUDITLOG.md has the format.
public enum LogBundle {
    public static let version = 1
    /// The longest line, in bytes: a leaf of 256 KiB in base64, or the checkpoint and its proof.
    static let maximumLine = 2 << 20

    /// What a bundle says before its leaves.
    public struct Header: Hashable, Sendable {
        /// Of a tree that holds the leaves.
        public let checkpoint: SignedNote
        /// The tree before the first leaf.
        public let beginning: MerkleFrontier
        /// RFC 6962 proof that the checkpoint's tree continues the one behind the last leaf; empty where they are the same.
        public let consistency: [TreeHash]

        public init(
            checkpoint: SignedNote, beginning: MerkleFrontier = MerkleFrontier(), consistency: [TreeHash] = []
        ) {
            (self.checkpoint, self.beginning, self.consistency) = (checkpoint, beginning, consistency)
        }
    }

    struct HeaderLine: Codable {
        let fieldsealAuditBundle: Int
        let checkpoint: String
        /// Index of the first leaf; none: 0.
        let first: UInt64?
        let peaks: [Data]?
        let consistency: [Data]?

        init(_ header: Header) {
            fieldsealAuditBundle = LogBundle.version
            checkpoint = String(decoding: header.checkpoint.encoded, as: UTF8.self)
            first = header.beginning.size == 0 ? nil : header.beginning.size
            peaks = header.beginning.size == 0 ? nil : header.beginning.peaks.map { Data($0.bytes) }
            consistency = header.consistency.isEmpty ? nil : header.consistency.map { Data($0.bytes) }
        }

        /// Nil where it is none of a bundle.
        var header: Header? {
            guard fieldsealAuditBundle == LogBundle.version,
                let note = try? SignedNote(parsing: Array(checkpoint.utf8)),
                let peaks = Self.hashes(peaks), let consistency = Self.hashes(consistency),
                let beginning = MerkleFrontier(size: first ?? 0, peaks: peaks),
                consistency.count <= MerkleProof.maximumCount
            else { return nil }
            return Header(checkpoint: note, beginning: beginning, consistency: consistency)
        }

        private static func hashes(_ data: [Data]?) -> [TreeHash]? {
            let hashes = (data ?? []).compactMap { TreeHash(Array($0)) }
            return hashes.count == data?.count ?? 0 ? hashes : nil
        }
    }

    struct LeafLine: Codable {
        let index: UInt64
        let leaf: Data
    }
}

/// Why a bundle cannot be written or read.
public enum LogBundleError: Error, Hashable, CustomStringConvertible {
    case unwritable(path: String)
    case unreadable(path: String)
    case malformed(path: String, detail: String)

    public var description: String {
        switch self {
        case .unwritable(let path): "\(path) cannot be written"
        case .unreadable(let path): "\(path) cannot be read"
        case .malformed(let path, let detail): "\(path) is no bundle of an audit log: \(detail)"
        }
    }
}
