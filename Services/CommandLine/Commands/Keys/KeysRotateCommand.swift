import ArgumentParser
import FieldsealClient

struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give keys a new version.",
        discussion: """
            What is encrypted under older versions stays readable; Rewrap brings it under the new one. Rotating a table's key or \
            the master key wraps the keys below it anew and touches no data. Without names, --type and --under choose: every \
            key of a type, a table's key with those of its fields, or both.
            """)

    @Argument(help: "The keys: table.field (its field key), table (its data encryption key) or master.")
    var names: [String] = []

    @Option(name: .long, help: ArgumentHelp("Every key of this type: master, dek or fek.", valueName: "type"))
    var type: KeyType?

    @Option(name: .long, help: ArgumentHelp("The key of this table and those of its fields.", valueName: "table"))
    var under: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With master: a custodian that is away, under which the new version is not wrapped. Can be repeated.",
            valueName: "custodian"))
    var without: [String] = []

    @Flag(name: .long, help: "Only tell which versions would be superseded; the custodians of a master key are asked.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard names.isEmpty != (type == nil && under == nil) else {
            throw ValidationError("give the names of keys, or --type, --under or both")
        }
        guard without.isEmpty || names == ["master"] else {
            throw ValidationError("--without is for master alone")
        }
        guard type == nil || [.master, .dek, .fek].contains(type) else {
            throw ValidationError(
                "--type wants master, dek or fek; the others rotate with the key above them, or never")
        }
    }

    func run() async throws {
        try await connection.withClient { client in
            if names.isEmpty {
                try await rotateMany(client)
            } else if dryRun {
                try await preview(client)
            } else {
                try await rotate(client)
            }
        }
    }

    private func preview(_ client: FieldsealClient) async throws {
        let results = try await client.keys.rotate(
            names, without: without, dryRun: true, options: connection.callOptions)
        try reportFailures(results, names: names)
        var active: [KeyInfo] = []
        for name in names { active.append(try await client.keys.show(name, options: connection.callOptions).key) }
        if output.json {
            Console.current.show(
                JSON.object([("dry-run", .bool(true)), ("superseded", .array(active.map(\.json)))]).text())
        } else {
            Console.current.show("These versions would be superseded; nothing was changed.\n\(KeyInfo.table(active))")
        }
    }

    private func rotate(_ client: FieldsealClient) async throws {
        let results = try await client.keys.rotate(names, without: without, options: connection.callOptions)
        if output.json {
            Console.current.show(JSON.array(results.map { $0.json { $0.jsonMembers } }).text())
        } else {
            show(zip(names, results))
        }
        try reportFailures(results, names: names)
        for custodian in without {
            Console.current.complain(
                "\(custodian) does not hold the new version of the master key: when it is back, fieldseal master add \(custodian)"
            )
        }
    }

    private func rotateMany(_ client: FieldsealClient) async throws {
        let rotated = try await client.keys.rotate(
            type: type ?? .unspecified, under: under, dryRun: dryRun, options: connection.callOptions)
        if output.json {
            let list = rotated.map { key in
                JSON.object([
                    ("name", .string(key.name)), ("type", .string(key.type.word)),
                    ("result", key.result.json { $0.jsonMembers }),
                ])
            }
            Console.current.show(JSON.object([("dry-run", .bool(dryRun)), ("keys", .array(list))]).text())
        } else if rotated.isEmpty {
            Console.current.show("No key has a version to supersede.")
        } else {
            if dryRun { Console.current.show("These versions would be superseded; nothing was changed.") }
            show(rotated.map { ($0.name, $0.result) })
        }
        try reportFailures(rotated.map(\.result), names: rotated.map(\.name))
    }

    private func show(_ results: some Sequence<(String, Result<FieldKeyReference, FieldsealError>)>) {
        var table = Table(["KEY", "VERSION", "STATE", "SUITE", "CREATED"])
        var isEmpty = true
        for (name, result) in results {
            guard case .success(let key) = result else { continue }
            isEmpty = false
            table.append([
                key.field.isEmpty ? name : key.field, Hexadecimal.encode(key.version), key.state.word,
                key.suite == .unspecified ? "-" : key.suite.word, Time.text(unixMilliseconds: key.createdUnixMs),
            ])
        }
        if !isEmpty { Console.current.show(table.text) }
    }
}
