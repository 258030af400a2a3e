internal import FieldsealSecureMemory
public import Logging
public import NIOPosix
public import ServiceLifecycle

/// A server's own part; `ServerMain` does what all servers share.
public protocol ServerApplication: Sendable {
    associatedtype Settings: Sendable

    /// The name of the executable, e.g. `encryption-service`.
    static var name: String { get }

    /// Bytes of locked memory for secrets.
    static var secureArenaCapacity: Int { get }

    /// Reads the server's own keys of the configuration. Nothing is opened or changed: `--check-config` calls it too.
    static func settings(_ section: ConfigurationSection) throws(ConfigurationError) -> Settings

    /// What the executable does besides serving.
    static var commands: [ServerCommand] { get }

    /// Carries out one of `commands`. Answers the line that is printed.
    static func perform(
        _ call: ServerCommandCall, configuration: ServerConfiguration, settings: Settings, logger: Logger
    ) async throws -> String

    /// Opens what the server needs and lists its services in the order of their start; they stop in reverse.
    static func services(_ context: ServerContext, settings: Settings) async throws -> [any Service]
}

extension ServerApplication {
    public static var secureArenaCapacity: Int { SecureArena.defaultCapacity }
    public static var commands: [ServerCommand] { [] }

    public static func perform(
        _ call: ServerCommandCall, configuration: ServerConfiguration, settings: Settings, logger: Logger
    ) async throws -> String {
        throw StartupError.usage("unknown argument \(call.option)")
    }
}

/// What `ServerMain` has made ready.
public struct ServerContext: Sendable {
    public let configuration: ServerConfiguration
    public let policy: PolicyStore
    public let eventLoopGroup: MultiThreadedEventLoopGroup
    public let logger: Logger
    /// What is read again on SIGHUP.
    public let reload: ReloadActions
}
