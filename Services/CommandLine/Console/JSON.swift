/// A JSON value whose members keep their order.
enum JSON: Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    case unsigned(UInt64)
    case string(String)
    case array([JSON])
    case members([Member])

    struct Member: Sendable {
        var name: String
        var value: JSON
    }

    static func object(_ members: [(String, JSON)]) -> JSON {
        .members(members.map { Member(name: $0.0, value: $0.1) })
    }

    /// A time of a message in milliseconds since 1970, where 0 is none.
    static func time(_ unixMilliseconds: Int64) -> JSON {
        unixMilliseconds == 0 ? .null : .string(Time.text(unixMilliseconds: unixMilliseconds))
    }

    /// A key version, where 0 is none.
    static func version(_ version: UInt64) -> JSON {
        version == 0 ? .null : .string(Hexadecimal.encode(version))
    }

    /// A text of a message, where the empty one is none.
    static func text(_ text: String) -> JSON {
        text.isEmpty ? .null : .string(text)
    }

    /// On one line where `indent` is nil.
    func text(indent: Int? = 0) -> String {
        var result = ""
        write(to: &result, indent: indent)
        return result
    }

    private func write(to result: inout String, indent: Int?) {
        switch self {
        case .null: result += "null"
        case .bool(let value): result += value ? "true" : "false"
        case .number(let value): result += String(value)
        case .unsigned(let value): result += String(value)
        case .string(let value): Self.quote(value, into: &result)
        case .array(let elements):
            Self.list(elements, "[", "]", into: &result, indent: indent) { element, result, indent in
                element.write(to: &result, indent: indent)
            }
        case .members(let members):
            Self.list(members, "{", "}", into: &result, indent: indent) { member, result, indent in
                Self.quote(member.name, into: &result)
                result += indent == nil ? ":" : ": "
                member.value.write(to: &result, indent: indent)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, into result: inout String, indent: Int?,
        write: (Element, inout String, Int?) -> Void
    ) {
        result += open
        for (index, element) in elements.enumerated() {
            if index > 0 { result += "," }
            if let indent { result += "\n" + String(repeating: "  ", count: indent + 1) }
            write(element, &result, indent.map { $0 + 1 })
        }
        if let indent, !elements.isEmpty { result += "\n" + String(repeating: "  ", count: indent) }
        result += close
    }

    private static func quote(_ value: String, into result: inout String) {
        result += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
