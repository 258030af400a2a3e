import FieldsealClient

extension DestructionState {
    var word: String {
        switch self {
        case .stateUnspecified: "unspecified"
        case .scheduled: "scheduled"
        case .cancelled: "cancelled"
        case .proposed: "proposed"
        case .done: "done"
        }
    }
}

extension DestructionReport {
    func json(dryRun: Bool) -> JSON {
        .object([
            ("dry-run", .bool(dryRun)), ("key", key?.json ?? .null), ("state", .string(state.word)),
            ("earliest", .time(destroyUnixMs)), ("waits-for", .text(waitsFor)), ("proposed-by", .text(proposedBy)),
            ("complete", .time(completeUnixMs)),
        ])
    }

    func text(dryRun: Bool) -> String {
        var lines: [(String, String)] = []
        if let key {
            lines += [
                ("Key", key.name), ("Version", Hexadecimal.encode(key.version)), ("State", key.state.word),
            ]
            if !key.rows.isEmpty { lines.append(("Rows", "\(key.rows), by the last census")) }
        }
        lines.append(("Destruction", state.word))
        if destroyUnixMs != 0 { lines.append(("Earliest", Time.text(unixMilliseconds: destroyUnixMs))) }
        if !waitsFor.isEmpty { lines.append(("Waits for", waitsFor)) }
        if !proposedBy.isEmpty { lines.append(("Proposed by", proposedBy)) }
        if state == .done || completeUnixMs != 0 { lines.append(("Complete on", completeText(completeUnixMs))) }
        let end: String? =
            if dryRun {
                "Nothing was changed."
            } else if state == .proposed {
                "A second administrator has to ask for the same."
            } else {
                nil
            }
        return ([aligned(lines)] + [end].compactMap(\.self)).joined(separator: "\n")
    }
}

extension SubjectErasure {
    func json(dryRun: Bool) -> JSON {
        .object([
            ("dry-run", .bool(dryRun)), ("found", .bool(found)),
            ("subject-key", subjectKeyID.isEmpty ? .null : .string(uuidText(subjectKeyID))),
            ("erased", .time(erasedUnixMs)), ("complete", .time(completeUnixMs)), ("revision", .unsigned(revision)),
            ("index-columns", .array(indexColumns.map { .string($0) })), ("watchers", .array(watchers.map(\.json))),
        ])
    }

    func text(dryRun: Bool) -> String {
        guard found else { return "The subject has no key in this table; nothing of it can be read." }
        var lines = [("Subject key", uuidText(subjectKeyID))]
        if erasedUnixMs != 0 { lines.append(("Erased", Time.text(unixMilliseconds: erasedUnixMs))) }
        lines.append(("Complete on", completeText(completeUnixMs)))
        var parts = [aligned(lines)]
        if !indexColumns.isEmpty {
            parts.append(
                "Set these index columns of the subject's rows to null: \(indexColumns.joined(separator: ", "))")
        }
        parts.append(dryRun ? "Nothing was changed." : KeyWatcher.text(watchers))
        return parts.joined(separator: "\n")
    }
}

/// When the last backup of the key store that holds an erased key has expired.
private func completeText(_ unixMilliseconds: Int64) -> String {
    unixMilliseconds == 0
        ? "unknown: key management does not know how long its backups live"
        : Time.text(unixMilliseconds: unixMilliseconds)
}
