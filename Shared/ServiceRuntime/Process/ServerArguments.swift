/// The command line that all servers share.
struct ServerArguments: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case serve
        case checkConfiguration
        case printVersion
        case printHelp
    }

    var action = Action.serve
    var configuration: String?

    init(_ arguments: some Sequence<String>) throws(StartupError) {
        var iterator = arguments.makeIterator()
        while let argument = iterator.next() {
            switch argument {
            case "--config":
                guard let path = iterator.next() else { throw .usage("--config wants a path") }
                configuration = path
            case _ where argument.hasPrefix("--config="):
                configuration = String(argument.dropFirst("--config=".count))
            case "--check-config": action = .checkConfiguration
            case "--version": action = .printVersion
            case "--help", "-h": action = .printHelp
            default: throw .usage("unknown argument \(argument)")
            }
        }
    }

    static func help(_ name: String) -> String {
        """
        usage: \(name) --config FILE [--check-config]

          --config FILE    the YAML configuration; FIELDSEAL_CONFIG names it too
          --check-config   read configuration and policy, say what is wrong, and leave
          --version        print the version
          --help           print this

        SIGTERM and SIGINT finish what runs, then stop; SIGHUP reads policy, certificates and deny list again.
        """
    }
}
