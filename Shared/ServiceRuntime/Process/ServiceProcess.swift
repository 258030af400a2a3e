#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif
public import Logging
public import ServiceLifecycle

/// The part of a process' life that is the same for all that serve.
public enum ServiceProcess {
    /// What a graceful shutdown may take before what still runs is cancelled.
    static let shutdownLimit = Duration.seconds(30)

    /// Logs to standard error.
    public static func logger(_ label: String, _ configuration: LogConfiguration) -> Logger {
        Logger(label: label) { StandardErrorLog(label: $0, configuration: configuration) }
    }

    /// Runs the services until SIGTERM, SIGINT or the end of one of them; they stop in the reverse of their order.
    /// - Throws: what made one of them fail.
    public static func run(_ services: [any Service], logger: Logger) async throws {
        signal(SIGPIPE, SIG_IGN)
        var group = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = shutdownLimit
        logger.notice("starting", metadata: ["version": "\(FieldsealVersion.current)"])
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }
}
