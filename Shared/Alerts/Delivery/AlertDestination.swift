/// Where alerts go. Called by one replica at a time, in the order of the alerts, and again with the same notice after a
/// failure or a crash.
public protocol AlertDestination: Sendable {
    /// As it is configured; names the destination's state in the database.
    var name: String { get }
    /// What is below it is left out.
    var minimumSeverity: Alert.Severity { get }

    /// Returns once the destination has taken the notice. Ends by itself within ``DeliveryPolicy/longestAttempt``.
    func send(_ notice: AlertNotice) async throws(DeliveryFailure)
}

/// Why a destination did not take an alert. Holds no secret and nothing that the destination said but its code.
public struct DeliveryFailure: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// No connection, no answer in time, or busy: worth another attempt soon.
        case unavailable
        /// It was reached and does not want this: somebody has to mend its configuration.
        case refused
        /// A secret or certificate file of ours cannot be used.
        case credential
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
