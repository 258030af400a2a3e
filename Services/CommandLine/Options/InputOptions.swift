import FieldsealCrypto
import ArgumentParser

/// Values by argument or standard input.
struct InputOptions: ParsableArguments {
    @Argument(help: "The values; without one, each line of standard input is a value.")
    var values: [String] = []

    @Flag(name: .long, help: "All of standard input is one value, byte for byte.")
    var whole = false

    /// What standard input may hold.
    static let mostBytes = 64 << 20

    func validate() throws {
        guard !whole || values.isEmpty else {
            throw ValidationError("--whole reads standard input; give no values with it")
        }
    }

    func read() throws -> [[UInt8]] {
        guard values.isEmpty else { return values.map { Array($0.utf8) } }
        guard let bytes = Console.current.input(Self.mostBytes) else {
            throw CommandFailure(.usage, "standard input is longer than 64 MiB; give it in parts")
        }
        if whole { return [bytes] }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.last == UInt8(ascii: "\r") ? Array(line.dropLast()) : Array(line)
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

func base64Bytes(_ value: [UInt8]) throws -> [UInt8] {
    guard let text = String(validating: value, as: UTF8.self), let bytes = Base64.decode(text) else {
        throw CommandFailure(.usage, "a value is not base64")
    }
    return bytes
}
