import FieldsealCrypto
public import ArgumentParser
public import FieldsealClient

struct EncryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt", abstract: "Encrypt values of a field.",
        discussion: """
            Prints one ciphertext a line, in the order of the values. Without a value, standard input is read: other users of the \
            machine can see a program's arguments, but not its input.
            """)

    @Argument(help: ArgumentHelp("The field, as table.field.", valueName: "field"))
    var field: String

    @OptionGroup var input: InputOptions
    @OptionGroup var binding: BindingOptions

    @Flag(name: .long, help: "The values are given in base64.")
    var base64 = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The ciphertexts' form: text (fs1:…), or binary, printed in base64.", valueName: "text|binary"))
    var form: CiphertextForm = .text

    @Option(
        name: .customLong("index"),
        help: ArgumentHelp("A blind index wanted besides, by name; can be repeated.", valueName: "name"))
    var indexes: [String] = []

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let items = try input.read().map { value in
            EncryptItem(
                field: field, plaintext: base64 ? try base64Bytes(value) : value, recordID: binding.recordID,
                context: binding.contextBytes, indexes: indexes)
        }
        let results = try await connection.withClient { client in
            try await client.encrypt(items, form: form, options: connection.callOptions)
        }
        let printed = results.map { $0.map { (ciphertext: form.printed($0.ciphertext), indexes: $0.indexes) } }
        if output.json {
            let values = printed.map { result in
                result.json { value in
                    let named = zip(indexes, value.indexes).map { ($0, JSON.string(Base64.encode($1))) }
                    return [("ciphertext", .string(value.ciphertext)), ("indexes", .object(named))]
                }
            }
            Console.current.show(JSON.array(values).text())
        } else {
            for case .success(let value) in printed {
                Console.current.show(
                    ([value.ciphertext] + value.indexes.map(Hexadecimal.encode)).joined(separator: "\t"))
            }
        }
        try reportFailures(results)
    }
}

extension CiphertextForm: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument {
        case "text": self = .text
        case "binary": self = .binary
        default: return nil
        }
    }

    public var defaultValueDescription: String {
        switch self {
        case .text: "text"
        case .binary: "binary"
        }
    }

    func printed(_ ciphertext: [UInt8]) -> String {
        switch self {
        case .text: String(decoding: ciphertext, as: UTF8.self)
        case .binary: Base64.encode(ciphertext)
        }
    }
}
