import FieldsealMessages
import FieldsealRPC

extension Proto.QueryRequest {
    private static let longestName = 255
    private static let longestActor = 512

    /// What was asked, for the event of the query: words of ours and names that could stand in the log. Others are told as `?`, for
    /// an event holds no text of a caller.
    var inquiry: String {
        var parts: [String] = []
        if fromUnixUs != 0 { parts.append("from=\(fromUnixUs)") }
        if untilUnixUs != 0 { parts.append("until=\(untilUnixUs)") }
        if !actor.isEmpty {
            let isIdentity = actor.utf8.count <= Self.longestActor && SPIFFEIdentity.isValid(actor.utf8)
            parts.append("actor=\(isIdentity ? actor : "?")")
        }
        if !operations.isEmpty {
            parts.append("operations=\(operations.prefix(16).map(\.word).joined(separator: ","))")
        }
        if !table.isEmpty { parts.append("table=\(Self.name(table))") }
        if !field.isEmpty { parts.append("field=\(Self.name(field))") }
        if keyVersion != 0 { parts.append("key-version=\(String(keyVersion, radix: 16))") }
        if recordHash.count == 16 {
            parts.append("record=\(recordHash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())")
        }
        switch outcome {
        case .any: break
        case .success, .failure: parts.append("outcome=\(outcome)")
        case .code: parts.append("outcome=\(outcomeCode)")
        }
        if !cursor.isEmpty { parts.append("continued") }
        return parts.isEmpty ? "all" : parts.joined(separator: " ")
    }

    /// Letters, digits and what identifiers are joined by.
    private static func name(_ name: String) -> String {
        let isName =
            name.utf8.count <= longestName
            && name.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-.$".unicodeScalars.contains($0)
            }
        return isName ? name : "?"
    }
}
