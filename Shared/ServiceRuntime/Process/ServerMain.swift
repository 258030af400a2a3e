internal import FieldsealAuditTrail
internal import FieldsealRPCTransport
internal import FieldsealSecureMemory
internal import FoundationEssentials
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The life of a server's process.
public enum ServerMain {
    /// Runs the server until SIGTERM or SIGINT and leaves with its exit code; the only statement of `main`.
    public static func run<Application: ServerApplication>(_ application: Application.Type) async -> Never {
        do {
            try await start(
                application, arguments: CommandLine.arguments.dropFirst(),
                environment: ProcessInfo.processInfo.environment)
            exit(0)
        } catch let error as StartupError {
            fail(Application.name, error)
        } catch let error as ConfigurationError {
            fail(Application.name, .configuration(error.description))
        } catch let error as SecureMemoryError {
            fail(Application.name, .system(error.description))
        } catch let error as SpoolError {
            fail(Application.name, .system(error.description))
        } catch let error as TLSSettingsError {
            fail(Application.name, .configuration(error.description))
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            fail(Application.name, .system("\(reason); is the configured address (listen) free and this machine's?"))
        } catch {
            fail(Application.name, .software("\(error)"))
        }
    }

    private static func start<Application: ServerApplication>(
        _ application: Application.Type, arguments: some Sequence<String>, environment: [String: String]
    ) async throws {
        let arguments = try ServerArguments(arguments, commands: Application.commands)
        switch arguments.action {
        case .printHelp: return print(ServerArguments.help(Application.name, commands: Application.commands))
        case .printVersion: return print("\(Application.name) \(FieldsealVersion.current)")
        case .serve, .checkConfiguration, .perform: break
        }
        // Before anything that libcrypto could allocate for.
        try SecureArena.start(capacity: Application.secureArenaCapacity)
        try ProcessHardening.apply()
        signal(SIGHUP, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        guard let file = arguments.configuration ?? environment["FIELDSEAL_CONFIG"] else {
            throw StartupError.usage("no configuration; give --config FILE or set FIELDSEAL_CONFIG")
        }
        let section = try ConfigurationSection(file: file, environment: environment)
        let configuration = try ServerConfiguration(section)
        let settings = try Application.settings(section)
        try section.finish()
        if case .perform(let call) = arguments.action {
            let logger = ServiceProcess.logger(Application.name, configuration.log)
            return print(
                try await Application.perform(call, configuration: configuration, settings: settings, logger: logger))
        }
        let policy = try PolicyStore(path: configuration.policy)
        if arguments.action == .checkConfiguration { return print("\(file): good") }
        try await serve(application, configuration: configuration, settings: settings, policy: policy)
    }

    private static func serve<Application: ServerApplication>(
        _ application: Application.Type, configuration: ServerConfiguration, settings: Application.Settings,
        policy: PolicyStore
    ) async throws {
        let logger = ServiceProcess.logger(Application.name, configuration.log)
        let reload = ReloadActions(logger: logger)
        let context = ServerContext(
            configuration: configuration, policy: policy, eventLoopGroup: .singleton, logger: logger, reload: reload)
        let services = try await Application.services(context, settings: settings)
        try await ServiceProcess.run([reload] + services, logger: logger)
    }

    private static func fail(_ name: String, _ error: StartupError) -> Never {
        let line = "\(name): \(LogText.escaped(error.description))\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(error.exitCode)
    }
}

/// The version of all parts of Fieldseal.
public enum FieldsealVersion {
    public static let current = "0.1.0"
}
