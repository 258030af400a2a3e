import FieldsealMessages
import FieldsealTransparencyLog

/// Where the next page of a query begins: behind the index of the last event of this one. It goes with its query only.
///
/// Encoding: a version byte, the index as u64be, 8 bytes of the query's digest.
struct EventCursor: Hashable, Sendable {
    private static let version: UInt8 = 1
    private static let byteCount = 17

    let index: Int64
    private let query: [UInt8]

    init(after index: Int64, of request: Proto.QueryRequest) {
        self.index = index
        query = Self.digest(request)
    }

    /// Reads the request's cursor; nil where there is none.
    /// - Throws: `cursor` where the bytes are none that `bytes` gave for this query.
    init?(_ request: Proto.QueryRequest) throws(AuditServiceError) {
        let bytes = request.cursor
        guard !bytes.isEmpty else { return nil }
        guard bytes.count == Self.byteCount, bytes[0] == Self.version else { throw .cursor }
        let word = bytes[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let index = Int64(exactly: word), index > 0, bytes[9...].elementsEqual(Self.digest(request)) else {
            throw .cursor
        }
        self.init(after: index, of: request)
    }

    var bytes: [UInt8] {
        let word = UInt64(bitPattern: index)
        return [Self.version] + (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } + query
    }

    /// Over all that decides which events are answered, and in which order; the size of a page may change.
    private static func digest(_ request: Proto.QueryRequest) -> [UInt8] {
        var query = request
        query.cursor = []
        query.pageSize = 0
        return Array(TreeHash(sha256: query.encoded()).bytes.prefix(8))
    }
}
