/// Where the next page of a query begins: after the index of the last event of this one.
struct EventCursor: Hashable, Sendable {
    private static let version: UInt8 = 1
    private static let byteCount = 10

    let index: Int64
    let isNewestFirst: Bool

    init(after index: Int64, newestFirst: Bool) {
        self.index = index
        isNewestFirst = newestFirst
    }

    /// - Throws: `cursor` where the bytes are none that `bytes` gave.
    init(_ bytes: [UInt8]) throws(AuditServiceError) {
        guard bytes.count == Self.byteCount, bytes[0] == Self.version, bytes[1] <= 1 else { throw .cursor }
        let word = bytes[2...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let index = Int64(exactly: word), index > 0 else { throw .cursor }
        self.index = index
        isNewestFirst = bytes[1] == 1
    }

    var bytes: [UInt8] {
        let word = UInt64(bitPattern: index)
        return [Self.version, isNewestFirst ? 1 : 0]
            + (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
}
