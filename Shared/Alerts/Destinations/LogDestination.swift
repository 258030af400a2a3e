public import Logging

/// The service's own log: warnings at `warning`, critical ones at `critical`.
public struct LogDestination: AlertDestination {
    public static let name = "log"

    public var name: String { Self.name }
    public let minimumSeverity: Alert.Severity
    let logger: Logger

    public init(minimumSeverity: Alert.Severity = .info, logger: Logger) {
        self.minimumSeverity = minimumSeverity
        self.logger = logger
    }

    public func send(_ notice: AlertNotice) async throws(DeliveryFailure) {
        var metadata: Logger.Metadata = ["id": "\(notice.id)"]
        if notice.occurrences > 1 { metadata["occurrences"] = "\(notice.occurrences)" }
        if notice.suppressed > 0 { metadata["suppressed"] = "\(notice.suppressed)" }
        Self.log(notice.alert, metadata, to: logger)
    }

    static func log(_ alert: Alert, _ more: Logger.Metadata, to logger: Logger) {
        let level: Logger.Level =
            switch alert.severity {
            case .info: .notice
            case .warning: .warning
            case .critical: .critical
            }
        let metadata: Logger.Metadata = ["alert": "\(alert.kind.rawValue)", "object": "\(alert.object)"]
        logger.log(level: level, "\(alert.text)", metadata: metadata.merging(more) { first, _ in first })
    }
}
