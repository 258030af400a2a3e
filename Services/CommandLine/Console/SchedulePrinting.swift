import FieldsealClient

extension ScheduledAction: Worded {
    var word: String {
        switch self {
        case .unspecified: "unspecified"
        case .rotate: "rotate"
        case .closeWindow: "close-window"
        case .destroy: "destroy"
        case .drill: "drill"
        }
    }
}

extension ScheduleEntry {
    var json: JSON {
        .object([
            ("name", .string(name)), ("type", .string(type.word)), ("version", .version(version)),
            ("action", .string(action.word)), ("due", .time(dueUnixMs)), ("late", .bool(late)),
            ("waits-for", .text(waitsFor)), ("failures", .unsigned(UInt64(failures))),
            ("next-attempt", .time(nextAttemptUnixMs)),
        ])
    }

    fileprivate var cells: [String] {
        [
            name, type.word, version == 0 ? "-" : Hexadecimal.encode(version), action.word,
            Time.orNone(unixMilliseconds: dueUnixMs), late ? "late" : "-", waitsFor.isEmpty ? "-" : waitsFor,
            failures == 0 ? "-" : "\(failures), again \(Time.orNone(unixMilliseconds: nextAttemptUnixMs))",
        ]
    }
}

extension Reencryption {
    var json: JSON {
        .object([
            ("field", .string(field)), ("reason", .string(reason)), ("since", .time(sinceUnixMs)),
            ("versions", .array(versions.map(JSON.version))),
            ("rows", censusUnixMs == 0 ? .null : .unsigned(rows)), ("census", .time(censusUnixMs)),
        ])
    }

    fileprivate var cells: [String] {
        [
            field, reason, Time.orNone(unixMilliseconds: sinceUnixMs),
            versions.map { Hexadecimal.encode($0) }.joined(separator: " "), censusUnixMs == 0 ? "-" : "\(rows)",
            Time.orNone(unixMilliseconds: censusUnixMs),
        ]
    }

    static func table(_ reencryptions: [Reencryption]) -> String {
        var table = Table(["RE-ENCRYPT FIRST", "REASON", "SINCE", "VERSIONS", "ROWS", "CENSUS"])
        for reencryption in reencryptions { table.append(reencryption.cells) }
        return table.text
    }
}

extension KeySchedule {
    var json: JSON {
        .object([
            ("now", .time(nowUnixMs)), ("scheduler", .text(scheduler)),
            ("reencryptions", .array(reencryptions.map(\.json))), ("entries", .array(entries.map(\.json))),
        ])
    }

    var rotations: [ScheduleEntry] { entries.filter { $0.action == .rotate } }

    var table: String { Self.table(entries) }

    static func table(_ entries: [ScheduleEntry]) -> String {
        var table = Table(["KEY", "TYPE", "VERSION", "ACTION", "DUE", "LATE", "WAITS FOR", "FAILURES"])
        for entry in entries { table.append(entry.cells) }
        return table.text
    }
}

extension PausedRotation {
    var json: JSON {
        .object([
            ("name", .text(name)), ("since", .time(sinceUnixMs)), ("until", .time(untilUnixMs)),
            ("actor", .string(actor)),
        ])
    }

    static func table(_ paused: [PausedRotation]) -> String {
        var table = Table(["PAUSED", "SINCE", "UNTIL", "BY"])
        for pause in paused {
            table.append([
                pause.name.isEmpty ? "everything" : pause.name, Time.orNone(unixMilliseconds: pause.sinceUnixMs),
                pause.untilUnixMs == 0 ? "resumed" : Time.text(unixMilliseconds: pause.untilUnixMs), pause.actor,
            ])
        }
        return table.text
    }
}
