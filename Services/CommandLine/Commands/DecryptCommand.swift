import FieldsealCrypto
import ArgumentParser
import FieldsealClient

struct DecryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt", abstract: "Decrypt values of a field.",
        discussion: """
            Prints one plaintext a line, in the order of the values. Record and context are those of the encryption.
            """)

    @Argument(help: ArgumentHelp("The field, as table.field.", valueName: "field"))
    var field: String

    @OptionGroup var input: InputOptions
    @OptionGroup var binding: BindingOptions

    @Flag(name: .long, help: "Print the plaintexts in base64.")
    var base64 = false

    @Option(
        name: .long,
        help: ArgumentHelp("The ciphertexts' form: text (fs1:…), or binary, given in base64.", valueName: "text|binary")
    )
    var form: CiphertextForm = .text

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let items = try input.read().map { value in
            DecryptItem(
                field: field, ciphertext: form == .binary ? try base64Bytes(value) : value, recordID: binding.recordID,
                context: binding.contextBytes)
        }
        let results = try await connection.withClient { client in
            try await client.decrypt(items, form: form, options: connection.callOptions)
        }.map { result in result.flatMap { printed($0) } }
        if output.json {
            let name = base64 ? "plaintext-base64" : "plaintext"
            Console.current.show(JSON.array(results.map { $0.json { [(name, .string($0))] } }).text())
        } else {
            for case .success(let text) in results { Console.current.show(text) }
        }
        try reportFailures(results)
    }

    private func printed(_ plaintext: [UInt8]) -> Result<String, FieldsealError> {
        if base64 { return .success(Base64.encode(plaintext)) }
        guard let text = String(validating: plaintext, as: UTF8.self) else {
            return .failure(FieldsealError(.outOfRange, "the value is not text; use --base64"))
        }
        let isHarmless = output.json || !Console.current.isTerminal || !Self.holdsControls(text)
        guard isHarmless else {
            return .failure(
                FieldsealError(.outOfRange, "the value holds control characters; use --base64, --json or a pipe"))
        }
        return .success(text)
    }

    /// Besides line breaks and tabs.
    private static func holdsControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" }
    }
}
