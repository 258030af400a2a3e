/// An alert as it goes out.
public struct AlertNotice: Hashable, Sendable {
    public var id: AlertIdentifier
    /// Rises in the order in which alerts were raised.
    public var position: Int64
    public var raisedUnixUs: Int64
    public var alert: Alert
    /// How often it happened, where equal alerts were folded into this one.
    public var occurrences: Int64
    /// Alerts that this destination did not get since the last one, because there were too many.
    public var suppressed: Int64

    public init(
        id: AlertIdentifier, position: Int64, raisedUnixUs: Int64, alert: Alert, occurrences: Int64 = 1,
        suppressed: Int64 = 0
    ) {
        self.id = id
        self.position = position
        self.raisedUnixUs = raisedUnixUs
        self.alert = alert
        self.occurrences = occurrences
        self.suppressed = suppressed
    }

    /// The text for a person, with what was folded into it.
    public var line: String { occurrences > 1 ? "\(alert.text) (and \(occurrences - 1) more)" : alert.text }
}
