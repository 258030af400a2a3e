/// The 16 bytes of a uuid column.
public struct PostgresUUID: RawRepresentable, Hashable, Sendable, PostgresEncodable {
    /// The bytes as one big-endian number.
    public let rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// nil unless there are 16 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        rawValue = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    public var bytes: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: rawValue >> (120 - 8 * $0)) } }

    public static var postgresType: PostgresType { .uuid }
    public var postgresValue: PostgresValue { .uuid(self) }
}

/// A timestamptz: microseconds since 1970-01-01 00:00 UTC.
public struct PostgresTimestamp: Hashable, Comparable, Sendable, PostgresEncodable {
    public let unixMicroseconds: Int64

    /// From 1970 to 2000, where PostgreSQL's count begins.
    static let epochOffset: Int64 = 946_684_800_000_000

    /// nil before 4713 BC, where PostgreSQL has no time.
    public init?(unixMicroseconds: Int64) {
        guard unixMicroseconds >= -210_866_803_200_000_000 else { return nil }
        self.unixMicroseconds = unixMicroseconds
    }

    public static func < (left: Self, right: Self) -> Bool { left.unixMicroseconds < right.unixMicroseconds }

    public static var postgresType: PostgresType { .timestamp }
    public var postgresValue: PostgresValue { .timestamp(self) }
}
