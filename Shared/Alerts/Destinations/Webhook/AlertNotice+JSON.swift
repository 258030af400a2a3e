internal import FieldsealServiceRuntime

extension AlertNotice {
    /// The body of a webhook call, on one line.
    func json(source: String) -> String {
        let data = [
            ("id", Self.quoted(id.description)), ("source", Self.quoted(source)),
            ("kind", Self.quoted(alert.kind.rawValue)), ("severity", Self.quoted(alert.severity.rawValue)),
            ("object", Self.quoted(alert.object)), ("text", Self.quoted(line)), ("occurrences", "\(occurrences)"),
            ("suppressed", "\(suppressed)"),
        ]
        let members = data.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        let time = Timestamp.text(unixMicroseconds: raisedUnixUs)
        return "{\"type\":\"alert.\(alert.kind.rawValue)\",\"timestamp\":\"\(time)\",\"data\":{\(members)}}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                quoted += "\\"
                quoted.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
