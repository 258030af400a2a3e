import ArgumentParser

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Choose the bits of blind indexes.", subcommands: [IndexPlanCommand.self])
}

struct IndexPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Tell what an index over a column would find in vain, and show.",
        discussion: """
            Counts how often the values of a column stand in it: of plaintext before it is encrypted, or of an index column that is \
            there. Only frequencies leave the database, no value. Values are taken as they stand: a normaliser makes some of them \
            equal. The whole table is read; a replica will do. A password is better kept in PGPASSFILE than in --dsn.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp("The application's database, as PostgreSQL's conninfo or URI.", valueName: "conninfo"))
    var dsn: String

    @Option(name: .long, help: ArgumentHelp("The table, or schema.table.", valueName: "name"))
    var table: String

    @Option(name: .long, help: ArgumentHelp("The column.", valueName: "name"))
    var column: String

    @Option(name: .long, help: ArgumentHelp("Seconds that reading may take.", valueName: "seconds"))
    var timeout: UInt32 = 600

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard timeout > 0 else { throw ValidationError("--timeout wants at least 1 second") }
    }

    func run() async throws {
        let table = table.split(separator: ".", maxSplits: 1).map(String.init)
        let distribution = try await ValueDistribution.reading(
            column, of: table, from: dsn, timeout: .seconds(timeout))
        guard let plan = IndexPlan(distribution) else {
            throw CommandFailure(.failed, "the column has no values yet; plan once it holds what it will hold")
        }
        Console.current.show(output.json ? plan.json.text() : plan.text)
    }
}
