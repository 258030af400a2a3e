import FieldsealClient

extension KeyWatcher {
    /// - Parameter now: milliseconds since 1970.
    func isSettled(at now: Int64) -> Bool { acknowledged || lapsesUnixMs <= now }

    var json: JSON {
        .object([
            ("identity", .string(identity)), ("replica", .string(uuidText(replica))), ("position", .unsigned(position)),
            ("seen", .time(seenUnixMs)), ("acknowledged", .bool(acknowledged)), ("lapses", .time(lapsesUnixMs)),
        ])
    }

    /// A table, and what it comes to.
    static func text(_ watchers: [KeyWatcher]) -> String {
        guard !watchers.isEmpty else { return "No encryption service follows the key store." }
        var table = Table(["ENCRYPTION SERVICE", "REPLICA", "ACKNOWLEDGED", "SEEN", "LAPSES"])
        for watcher in watchers {
            table.append([
                watcher.identity, uuidText(watcher.replica), watcher.acknowledged ? "yes" : "no",
                Time.orNone(unixMilliseconds: watcher.seenUnixMs),
                watcher.acknowledged ? "-" : Time.orNone(unixMilliseconds: watcher.lapsesUnixMs),
            ])
        }
        let open = watchers.filter { !$0.acknowledged }
        var summary = "\(watchers.count - open.count) of \(watchers.count) have acknowledged."
        if let last = open.map(\.lapsesUnixMs).max() {
            summary += " What the others hold ends by \(Time.orNone(unixMilliseconds: last))."
        }
        return "\(table.text)\n\(summary)"
    }
}

extension AffectedField {
    var json: JSON {
        .object([
            ("field", .string(field)), ("versions", .array(versions.map { .version($0) })),
            ("rows", censusUnixMs == 0 ? .null : .unsigned(rows)), ("counted", .time(censusUnixMs)),
        ])
    }

    static func table(_ fields: [AffectedField]) -> String {
        var table = Table(["FIELD", "VERSIONS", "ROWS", "COUNTED"], numeric: ["VERSIONS", "ROWS"])
        for field in fields {
            table.append([
                field.field, String(field.versions.count), field.censusUnixMs == 0 ? "unknown" : String(field.rows),
                Time.orNone(unixMilliseconds: field.censusUnixMs),
            ])
        }
        return table.text
    }
}

extension AuditUse {
    var json: JSON {
        .object([
            ("actor", .string(actor)), ("asserted-actor", .text(assertedActor)), ("operation", .string(operation.word)),
            ("table", .text(table)), ("field", .text(field)), ("key-version", .version(keyVersion)),
            ("succeeded", .unsigned(succeeded)), ("failed", .unsigned(failed)),
            ("first", .string(Time.text(unixMicroseconds: firstUnixUs))),
            ("last", .string(Time.text(unixMicroseconds: lastUnixUs))),
        ])
    }

    static func table(_ uses: [AuditUse]) -> String {
        var table = Table(
            ["CLIENT", "OPERATION", "FIELD", "VERSION", "DONE", "FAILED", "FIRST", "LAST"], numeric: ["DONE", "FAILED"])
        for use in uses {
            table.append([
                use.assertedActor.isEmpty ? use.actor : "\(use.actor) for \(use.assertedActor)", use.operation.word,
                use.field.isEmpty ? (use.table.isEmpty ? "-" : use.table) : "\(use.table).\(use.field)",
                use.keyVersion == 0 ? "-" : Hexadecimal.encode(use.keyVersion), String(use.succeeded),
                String(use.failed), Time.text(unixMicroseconds: use.firstUnixUs),
                Time.text(unixMicroseconds: use.lastUnixUs),
            ])
        }
        return table.text
    }
}

extension KeyUse {
    fileprivate var json: JSON {
        switch self {
        case .known(let uses, let isComplete):
            .object([("uses", .array(uses.map(\.json))), ("complete", .bool(isComplete))])
        case .unknown(let why): .object([("unknown", .string(why))])
        }
    }

    fileprivate var text: String {
        switch self {
        case .known([], _): "Nobody used these versions, says the log."
        case .known(let uses, let isComplete):
            isComplete ? AuditUse.table(uses) : "\(AuditUse.table(uses))\nThere is more use than this."
        case .unknown(let why): "The log was not read: \(why)"
        }
    }
}

extension CompromiseReport {
    func json(dryRun: Bool, use: KeyUse) -> JSON {
        .object([
            ("dry-run", .bool(dryRun)), ("revision", .unsigned(revision)),
            ("compromised", .array(compromised.map(\.json))), ("made", .array(made.map(\.json))),
            ("affected", .array(affected.map(\.json))), ("use", use.json),
            ("watchers", .array(watchers.map(\.json))),
        ])
    }

    func text(dryRun: Bool, use: KeyUse) -> String {
        var sections = [
            (dryRun ? "Would be compromised" : "Compromised", KeyInfo.table(compromised)),
            (dryRun ? "Would get new versions" : "Made anew", made.isEmpty ? "-" : KeyInfo.table(made)),
            ("Fields concerned", affected.isEmpty ? "-" : AffectedField.table(affected)),
            ("Use since the time of suspicion", use.text),
        ]
        if !dryRun { sections.append(("Propagation of store revision \(revision)", KeyWatcher.text(watchers))) }
        let body = sections.map { "\($0.0)\n\($0.1)" }.joined(separator: "\n\n")
        let end =
            dryRun
            ? "Nothing was changed."
            : "Next: move the data by Rewrap with an identity that may rewrap-compromised, then fieldseal keys destroy."
        return "\(body)\n\n\(end)"
    }
}
