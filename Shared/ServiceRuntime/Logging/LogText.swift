/// The two forms of a log line. Control characters never reach the log as they are, so that no value can begin a line of
/// its own or steer a terminal.
enum LogText {
    /// Control characters, line separators and, where asked for, quotes and backslashes are escaped as in JSON.
    static func escaped(_ text: String, quotes: Bool = false) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\"" where quotes, "\\" where quotes:
                result += "\\"
                result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || isInvisible(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Line and paragraph separators and what turns the direction of text.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2028, 0x2029, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    static func quoted(_ text: String) -> String { "\"\(escaped(text, quotes: true))\"" }

    /// A value of a text line: quoted where white space or a quote would make it ambiguous.
    static func value(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "\\" && $0 != "=" }
        return isPlain ? escaped(text) : quoted(text)
    }
}
