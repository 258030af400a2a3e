import ArgumentParser
import FieldsealClient

extension KeyInfo {
    var json: JSON {
        .object([
            ("name", .string(name)), ("type", .string(type.word)), ("id", .string(uuidText(id))),
            ("version", .string(Hexadecimal.encode(version))), ("state", .string(state.word)),
            ("algorithm", .string(algorithm)),
            ("parent-version", parentVersion == 0 ? .null : .string(Hexadecimal.encode(parentVersion))),
            ("created", .string(Time.text(unixMilliseconds: createdUnixMs))),
            ("expires", expiresUnixMs == 0 ? .null : .string(Time.text(unixMilliseconds: expiresUnixMs))),
            ("rotation-count", .unsigned(UInt64(rotationCount))), ("revision", .unsigned(revision)),
        ])
    }

    static func table(_ keys: [KeyInfo]) -> String {
        var table = Table(
            ["KEY", "TYPE", "VERSION", "STATE", "CREATED", "EXPIRES", "ROTATIONS"], numeric: ["ROTATIONS"])
        for key in keys {
            table.append([
                key.name, key.type.word, Hexadecimal.encode(key.version), key.state.word,
                Time.text(unixMilliseconds: key.createdUnixMs), key.expiryText, String(key.rotationCount),
            ])
        }
        return table.text
    }

    var details: String {
        let lines = [
            ("Key", name), ("Type", type.word), ("Id", uuidText(id)), ("Version", Hexadecimal.encode(version)),
            ("State", state.word), ("Algorithm", algorithm),
            (
                "Wrapped under",
                parentVersion == 0 ? "the provider of the master key" : "version \(Hexadecimal.encode(parentVersion))"
            ),
            ("Created", Time.text(unixMilliseconds: createdUnixMs)), ("Expires", expiryText),
            ("Rotations", String(rotationCount)), ("Store revision", String(revision)),
        ]
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + Table.printable(value)
        }.joined(separator: "\n")
    }

    private var expiryText: String { expiresUnixMs == 0 ? "-" : Time.text(unixMilliseconds: expiresUnixMs) }
}

extension FieldKeyReference {
    var jsonMembers: [(String, JSON)] {
        [
            ("field", .string(field)), ("field-id", fieldID.isEmpty ? .null : .string(uuidText(fieldID))),
            ("version", .string(Hexadecimal.encode(version))),
            ("suite", suite == .unspecified ? .null : .string(suite.word)),
            ("state", .string(state.word)),
            ("created", .string(Time.text(unixMilliseconds: createdUnixMs))),
        ]
    }
}

/// Hexadecimal digits with hyphens where 16 bytes are a UUID.
func uuidText(_ bytes: [UInt8]) -> String {
    guard bytes.count == 16 else { return Hexadecimal.encode(bytes) }
    return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { Hexadecimal.encode(Array(bytes[$0])) }.joined(separator: "-")
}
