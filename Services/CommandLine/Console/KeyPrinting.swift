import ArgumentParser
import FieldsealClient

extension KeyInfo {
    var json: JSON {
        .object([
            ("name", .string(name)), ("type", .string(type.word)), ("id", .string(uuidText(id))),
            ("version", .string(Hexadecimal.encode(version))), ("state", .string(state.word)),
            ("algorithm", .string(algorithm)),
            ("parent-version", .version(parentVersion)), ("created", .time(createdUnixMs)),
            ("expires", .time(expiresUnixMs)), ("state-since", .time(stateUnixMs)),
            ("transition-ends", .time(transitionEndsUnixMs)), ("compromised", .time(compromisedUnixMs)),
            ("destruction", .time(destroyUnixMs)), ("leased", .unsigned(leased)),
            ("rows", UInt64(rows).map { .unsigned($0) } ?? .null), ("rotation-count", .unsigned(UInt64(rotationCount))),
            ("revision", .unsigned(revision)),
        ])
    }

    static func table(_ keys: [KeyInfo]) -> String {
        var table = Table(
            ["KEY", "TYPE", "VERSION", "STATE", "CREATED", "EXPIRES", "ROTATIONS", "ROWS"],
            numeric: ["ROTATIONS", "ROWS"])
        for key in keys {
            table.append([
                key.name, key.type.word, Hexadecimal.encode(key.version), key.stateText,
                Time.text(unixMilliseconds: key.createdUnixMs), Time.orNone(unixMilliseconds: key.expiresUnixMs),
                String(key.rotationCount), key.rows.isEmpty ? "-" : key.rows,
            ])
        }
        return table.text
    }

    var details: String {
        var lines = [
            ("Key", name), ("Type", type.word), ("Id", uuidText(id)), ("Version", Hexadecimal.encode(version)),
            ("State", stateText),
        ]
        func add(_ name: String, _ time: Int64) {
            if time != 0 { lines.append((name, Time.text(unixMilliseconds: time))) }
        }
        add("Since", stateUnixMs)
        add("Transition ends", transitionEndsUnixMs)
        add("Compromised", compromisedUnixMs)
        add("Destruction", destroyUnixMs)
        lines += [
            ("Algorithm", algorithm),
            (
                "Wrapped under",
                parentVersion == 0 ? "the custodians of the master key" : "version \(Hexadecimal.encode(parentVersion))"
            ),
            ("Created", Time.text(unixMilliseconds: createdUnixMs)),
            ("Expires", Time.orNone(unixMilliseconds: expiresUnixMs)), ("Rotations", String(rotationCount)),
        ]
        if leased > 0 { lines.append(("Seals leased", String(leased))) }
        if !rows.isEmpty { lines.append(("Rows", "\(rows), by the last census")) }
        lines.append(("Store revision", String(revision)))
        return aligned(lines)
    }

    /// The state, and the mark that stays with a version whatever its state.
    private var stateText: String {
        compromisedUnixMs != 0 && state != .compromised ? "\(state.word), compromised" : state.word
    }
}

/// Names and values in two columns.
func aligned(_ lines: [(String, String)]) -> String {
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { name, value in
        name + String(repeating: " ", count: width - name.count + 2) + Table.printable(value)
    }.joined(separator: "\n")
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
