import FieldsealCrypto
public import ArgumentParser
public import FieldsealClient

/// What a value is bound to.
struct BindingOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A key column of the row, as int:42, text:abc, uuid:…, hex:00ff or date:2026-11-24; given once for each key column, in the catalog's order.",
            valueName: "type:value"))
    var record: [KeyColumn] = []

    @Option(name: .long, help: ArgumentHelp("Text that the value is bound to.", valueName: "text"))
    var context: String?

    @Option(name: .long, help: ArgumentHelp("Bytes that the value is bound to, in base64.", valueName: "base64"))
    var contextBase64: String?

    func validate() throws {
        guard context == nil || contextBase64 == nil else {
            throw ValidationError("--context and --context-base64 exclude each other")
        }
        if let contextBase64, Base64.decode(contextBase64) == nil {
            throw ValidationError("--context-base64 is not base64")
        }
    }

    var recordID: RecordID? { record.isEmpty ? nil : RecordID(columns: record) }

    var contextBytes: [UInt8]? { context.map { Array($0.utf8) } ?? contextBase64.flatMap { Base64.decode($0) } }
}

extension KeyColumn: ExpressibleByArgument {
    public init?(argument: String) {
        guard let colon = argument.firstIndex(of: ":") else { return nil }
        let value = String(argument[argument.index(after: colon)...])
        switch argument[..<colon] {
        case "int":
            guard let number = Int64(value) else { return nil }
            self = .integer(number)
        case "text": self = .text(value)
        case "uuid":
            guard let uuid = KeyColumn.uuid(text: value) else { return nil }
            self = uuid
        case "hex":
            guard let bytes = Hexadecimal.decode(value) else { return nil }
            self = .binary(bytes)
        case "date":
            guard let time = Time.parse(value, now: 0), value.count == 10 else { return nil }
            self = .date(daysSince1970: Int32(time / 86_400_000_000))
        default: return nil
        }
    }
}
