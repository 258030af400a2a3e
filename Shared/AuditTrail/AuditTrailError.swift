/// Why an event could not be recorded.
public struct AuditTrailError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case full, failed, closed, unacknowledged }
        private let value: Value

        /// The spool has reached its limit or the disk is full.
        public static let full = Self(value: .full)
        /// The spool has failed; the process ends.
        public static let failed = Self(value: .failed)
        /// The trail has been closed.
        public static let closed = Self(value: .closed)
        /// The event was not known to be in the log in time; it is recorded and goes on waiting for that.
        public static let unacknowledged = Self(value: .unacknowledged)
    }

    public let code: Code
    public let description: String

    static let full = Self(code: .full, description: "the audit spool is full")
    static let failed = Self(code: .failed, description: "the audit spool has failed")
    static let closed = Self(code: .closed, description: "the audit trail is closed")
    static let unacknowledged = Self(
        code: .unacknowledged, description: "the event was not known to be in the audit log in time")
}
