/// Equal alerts, of one kind and object, that come close together: the first goes out at once, what follows within the
/// window is counted, and the count goes out when the window ends. Pure: times are microseconds since 1970.
struct AlertWindow: Equatable, Sendable {
    var endsUnixUs: Int64
    /// Of the alert that opened the window.
    var severity: Alert.Severity
    /// Alerts that were folded and not told yet.
    var held: Int64 = 0

    enum Decision: Equatable {
        /// Goes out now, and opens a window; `occurrences` counts those that were held, and itself.
        case send(occurrences: Int64)
        case hold
    }

    /// What becomes of an alert, given the window of its equals. A worse one than that which was told is not held back.
    static func decide(_ window: AlertWindow?, severity: Alert.Severity, nowUnixUs: Int64) -> Decision {
        guard let window else { return .send(occurrences: 1) }
        return nowUnixUs < window.endsUnixUs && severity <= window.severity
            ? .hold : .send(occurrences: window.held + 1)
    }
}
