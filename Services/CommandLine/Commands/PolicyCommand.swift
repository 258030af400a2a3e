public import ArgumentParser
public import FieldsealServiceRuntime

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Examine a policy file.", subcommands: [PolicyCheckCommand.self])
}

struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell what is wrong with a policy file, or whether it allows something.",
        discussion: """
            Needs no service. With --identity and --operation the answer is allowed (status 0) or denied (status 3); an operation \
            on fields wants --field too.
            """)

    @Argument(help: "The policy file.")
    var file: String

    @Option(name: .long, help: ArgumentHelp("Who asks.", valueName: "spiffe://…"))
    var identity: String?

    @Option(name: .long, help: ArgumentHelp("What for, e.g. decrypt.", valueName: "operation"))
    var operation: PolicyOperation?

    @Option(name: .long, help: ArgumentHelp("On which field, as table.field.", valueName: "field"))
    var field: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (identity == nil) == (operation == nil) else {
            throw ValidationError("--identity and --operation go together")
        }
        guard let operation else {
            guard field == nil else { throw ValidationError("--field goes with --identity and --operation") }
            return
        }
        guard operation.isOnFields == (field != nil) else {
            throw ValidationError(
                operation.isOnFields
                    ? "\(operation.rawValue) wants --field" : "\(operation.rawValue) is not about a field")
        }
    }

    func run() throws {
        let policy = try Policy(yaml: try ConfigurationFile.text(of: file), file: file)
        guard let identity, let operation else {
            let identities = Set(policy.rules.map(\.identity)).count
            let json = JSON.object([
                ("valid", .bool(true)), ("rules", .number(Int64(policy.rules.count))),
                ("identities", .number(Int64(identities))),
            ])
            Console.current.show(
                output.json
                    ? json.text() : "\(file) is valid: \(policy.rules.count) rules for \(identities) identities.")
            return
        }
        let isAllowed =
            field.map { policy.allows(identity: identity, operation: operation, field: $0) }
            ?? policy.allows(identity: identity, operation: operation)
        Console.current.show(
            output.json ? JSON.object([("allowed", .bool(isAllowed))]).text() : isAllowed ? "allowed" : "denied")
        if !isAllowed {
            throw CommandFailure(
                .denied,
                "no rule of \(file) grants \(operation.rawValue) to this identity\(field.map { " on \($0)" } ?? "")")
        }
    }
}

extension PolicyOperation: ExpressibleByArgument {}
