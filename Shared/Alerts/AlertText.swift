/// What an alert says reaches logs, mail headers and other people's programs: one line of bounded length, whatever was
/// handed in.
enum AlertText {
    static let longestObject = 400
    static let longestText = 1_000

    /// Control characters, line separators and what turns the direction of text become spaces; what is longer than
    /// `limit` characters is cut.
    static func line(_ text: String, limit: Int) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) { line.append(isPrintable(scalar) ? scalar : " ") }
        return String(line)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: false
        default: true
        }
    }
}

extension Alert {
    /// The alert as it is kept and sent.
    var cleaned: Alert {
        Alert(
            kind, severity, object: AlertText.line(object, limit: AlertText.longestObject),
            text: AlertText.line(text, limit: AlertText.longestText))
    }
}
