import FieldsealMessages

/// One page of a query, or a stretch of a tail.
struct PageRequest: Hashable, Sendable {
    static let defaultSize = 100
    static let maximumSize = 1_000

    let size: Int
    let isNewestFirst: Bool
    /// The index behind which it begins; nil: at the log's end that the order names.
    let after: Int64?
    /// The last index looked at; nil: the log's end.
    let last: Int64?

    /// - Throws: `filter` for a size out of range, `cursor` for a cursor of another query.
    init(_ request: Proto.QueryRequest) throws(AuditServiceError) {
        guard request.pageSize <= UInt32(Self.maximumSize) else { throw .filter }
        size = request.pageSize == 0 ? Self.defaultSize : Int(request.pageSize)
        isNewestFirst = request.newestFirst
        after = try EventCursor(request)?.index
        last = nil
    }

    /// Oldest first, within these bounds.
    init(after: Int64, upTo last: Int64, size: Int = Self.maximumSize) {
        self.size = size
        isNewestFirst = false
        self.after = after
        self.last = last
    }
}
