/// Why an event could not be recorded.
public struct AuditTrailError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case full, failed, closed }
        private let value: Value

        /// The spool has reached its limit or the disk is full.
        public static let full = Self(value: .full)
        /// The spool has failed; the process ends.
        public static let failed = Self(value: .failed)
        /// The trail has been closed.
        public static let closed = Self(value: .closed)
    }

    public let code: Code
    public let description: String

    static let full = Self(code: .full, description: "the audit spool is full")
    static let failed = Self(code: .failed, description: "the audit spool has failed")
    static let closed = Self(code: .closed, description: "the audit trail is closed")
}
