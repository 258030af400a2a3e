import FieldsealAuditVerification
import FieldsealTransparencyLog

/// What a verification has found.
struct LogReport {
    let checkpoint: Checkpoint?
    let cosigners: Int
    /// The leaf that was read first.
    let first: UInt64
    let events: UInt64
    /// Of a log that takes the place of another one.
    let statement: LossStatement?
    let findings: [LogFinding]
    let findingCount: Int

    var isClean: Bool { findingCount == 0 }

    /// The first leaf that is not as it should be; nil: none, or not known.
    var firstBadLeaf: UInt64? { findings.compactMap(\.leaf).min() }

    var json: JSON {
        .object([
            ("verified", .bool(isClean)), ("origin", checkpoint.map { .string($0.origin) } ?? .null),
            ("size", checkpoint.map { .unsigned($0.size) } ?? .null),
            ("root", checkpoint.map { .string("\($0.root)") } ?? .null), ("cosignatures", .number(Int64(cosigners))),
            ("first", .unsigned(first)), ("events", .unsigned(events)),
            ("first-bad-leaf", firstBadLeaf.map { .unsigned($0) } ?? .null),
            ("takes-the-place-of", statement?.json ?? .null),
            (
                "findings",
                .array(
                    findings.map { finding in
                        .object([
                            ("kind", .string(finding.kind.rawValue)),
                            ("leaf", finding.leaf.map { .unsigned($0) } ?? .null),
                            ("event", finding.event.map { .unsigned($0) } ?? .null), ("text", .string(finding.text)),
                        ])
                    })
            ), ("finding-count", .number(Int64(findingCount))),
        ])
    }

    var text: String {
        var lines = findings.prefix(100).map { "\($0.kind.rawValue): \($0.text)" }
        if findingCount > lines.count { lines.append("and \(findingCount - lines.count) more") }
        if let statement {
            let last = statement.lastCheckpoint
            lines.append(
                "the log takes the place of \(last.origin), whose last known checkpoint has \(last.size) leaves; its database held "
                    + "\(statement.databaseSize) at \(Time.text(unixMicroseconds: statement.time * 1_000_000)): \(statement.reason)"
            )
        }
        if isClean, let checkpoint {
            lines.append(
                "verified: \(checkpoint.origin), \(checkpoint.size) leaves, \(events) events, root \(checkpoint.root), cosigned by \(cosigners)"
            )
        }
        return lines.map(Table.printable).joined(separator: "\n")
    }
}

extension LossStatement {
    fileprivate var json: JSON {
        .object([
            ("origin", .string(lastCheckpoint.origin)), ("size", .unsigned(lastCheckpoint.size)),
            ("database-size", .unsigned(databaseSize)), ("reason", .string(reason)),
            ("time", .string(Time.text(unixMicroseconds: time * 1_000_000))),
        ])
    }
}
