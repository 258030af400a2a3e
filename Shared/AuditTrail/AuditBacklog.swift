/// What a trail has recorded and the audit service has not acknowledged yet.
public struct AuditBacklog: Hashable, Sendable {
    public let blocks: UInt64
    /// That the spool fills, and its limit.
    public let bytes: Int
    public let maximumBytes: Int
    /// Of the oldest block; zero where there is none.
    public let age: Duration
    /// Work that cannot be recorded is refused, not dropped.
    public let isStrict: Bool
    /// Whether work may be done that must be recorded.
    public let isAccepting: Bool
    /// Items lost since the start.
    public let dropped: UInt64
}
