import ArgumentParser
import FieldsealClient

struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Declare which fields are encrypted, and how.",
        discussion: """
            A catalog file:

            \(CatalogFile.example)

            key-columns name the row's identity, in order. sensitivity is low, medium or high. All else may be left out: suite \
            (auto, \(Suite.words.dropFirst().joined(separator: ", "))) is auto, by which the service chooses for its CPU; row-bound \
            (the ciphertext opens for its row only), record-keys (a key is derived for each row), subject-keys (values belong to a \
            person or tenant whose key can be erased) and dual (during a transition values are sealed under both versions) are \
            false; rotation-days and transition-days are as the service configures them; backup-retention-days (how long backups \
            of the data live, 0 for none) is undeclared, and then no key of the field is destroyed; locations (further places \
            that hold its ciphertexts, as the census names them) are none.

            Of an index, kind (\(IndexKind.words.joined(separator: ", "))) is equality, normaliser (\(Normaliser.words.joined(separator: ", "))) \
            is none, and bits is 128 (1 to 256), of prefix and trigram indexes 256 (64 to 4096, a multiple of 8). hashes (1 to 8) is 3: the bits \
            that each prefix or trigram sets. shortest and longest (1 to 64 characters) are 2 and 8: the prefixes that a prefix index \
            holds. An index of a pair finds rows by the values of two fields; beside names the other, of the same table, and \
            beside-normaliser, which is none, its normaliser.

            Whoever reads the database learns from an equality index which rows hold equal values, from a prefix index which \
            values begin alike, and how often. A trigram index shows which values have parts in common: whoever knows some values, \
            or the language, can guess others. It is refused without accept-leakage: true.
            """,
        subcommands: [CatalogApplyCommand.self, CatalogShowCommand.self, CatalogDiffCommand.self])
}

struct CatalogApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make key management's catalog equal to a file.",
        discussion:
            "Tables and fields that the file does not name leave the catalog. See `fieldseal help catalog` for the format."
    )

    @Argument(help: "The catalog file.")
    var file: String

    @Flag(name: .long, help: "Only tell what would change.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await applyCatalog(file, dryRun: dryRun, connection, output)
    }
}

struct CatalogDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Tell what applying a file would change; the same as apply --dry-run.")

    @Argument(help: "The catalog file.")
    var file: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await applyCatalog(file, dryRun: true, connection, output)
    }
}

struct CatalogShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print key management's catalog, in the form of a catalog file.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (tables, revision) = try await connection.withClient { client in
            try await client.keys.catalog(options: connection.callOptions)
        }
        if output.json {
            let json = JSON.object([("revision", .unsigned(revision)), ("tables", .array(tables.map(\.json)))])
            Console.current.show(json.text())
        } else {
            Console.current.show("# store revision \(revision)\n" + CatalogFile.yaml(tables))
        }
    }
}

private func applyCatalog(
    _ file: String, dryRun: Bool, _ connection: ConnectionOptions, _ output: OutputOptions
) async throws {
    let tables = try CatalogFile.read(file)
    let (changes, revision) = try await connection.withClient { client in
        try await client.keys.applyCatalog(tables, dryRun: dryRun, options: connection.callOptions)
    }
    if output.json {
        let list = changes.map { change in
            JSON.object([
                ("kind", .string(change.kind)), ("object", .string(change.object)), ("detail", .string(change.detail)),
            ])
        }
        let json = JSON.object([
            ("dry-run", .bool(dryRun)), ("revision", .unsigned(revision)), ("changes", .array(list)),
        ])
        Console.current.show(json.text())
        return
    }
    guard !changes.isEmpty else {
        Console.current.show("The catalog is as the file says; store revision \(revision).")
        return
    }
    var table = Table(["CHANGE", "OBJECT", "DETAIL"])
    for change in changes { table.append([change.kind, change.object, change.detail]) }
    let count = changes.count == 1 ? "1 change" : "\(changes.count) changes"
    Console.current.show(
        table.text
            + (dryRun ? "\n\(count) to make; nothing was changed." : "\n\(count) made; store revision \(revision)."))
}
