/// The command line that all servers share.
struct ServerArguments: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case serve
        case checkConfiguration
        case printVersion
        case printHelp
        case perform(ServerCommandCall)
    }

    var action = Action.serve
    var configuration: String?

    init(_ arguments: some Sequence<String>, commands: [ServerCommand] = []) throws(StartupError) {
        var modifiers: Set<String> = []
        var parameters: [String: String] = [:]
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
            default:
                if commands.contains(where: { $0.modifiers.contains(argument) }) {
                    modifiers.insert(argument)
                    continue
                }
                if let placeholder = commands.compactMap({ $0.parameters[argument] }).first {
                    guard let value = iterator.next() else { throw .usage("\(argument) wants a \(placeholder)") }
                    parameters[argument] = value
                    continue
                }
                guard let command = commands.first(where: { $0.option == argument }) else {
                    throw .usage("unknown argument \(argument)")
                }
                guard let value = iterator.next() else { throw .usage("\(argument) wants a \(command.placeholder)") }
                action = .perform(ServerCommandCall(command.option, value))
            }
        }
        let beside = modifiers.union(parameters.keys)
        guard !beside.isEmpty else { return }
        guard case .perform(let call) = action,
            let command = commands.first(where: { $0.option == call.option }),
            beside.isSubset(of: Set(command.modifiers).union(command.parameters.keys))
        else { throw .usage("\(beside.sorted().joined(separator: " ")) stands alone") }
        action = .perform(ServerCommandCall(call.option, call.value, modifiers: modifiers, parameters: parameters))
    }

    static func help(_ name: String, commands: [ServerCommand] = []) -> String {
        let more = commands.map { command in
            let words =
                ["  \(command.option) \(command.placeholder)"] + command.modifiers.map { "[\($0)]" }
                + command.parameters.sorted { $0.key < $1.key }.map { "[\($0.key) \($0.value)]" }
            return words.joined(separator: " ") + "\n                   \(command.help)\n"
        }.joined()
        return """
            usage: \(name) --config FILE [--check-config]

              --config FILE    the YAML configuration; FIELDSEAL_CONFIG names it too
              --check-config   read configuration and policy, say what is wrong, and leave
              --version        print the version
              --help           print this
            \(more)
            SIGTERM and SIGINT finish what runs, then stop; SIGHUP reads policy, certificates and deny list again.
            """
    }
}
