import FieldsealClient
import FieldsealTransparencyLog

extension AuditPeriod {
    var document: ReportDocument {
        var facts = [
            ("From", time(from)), ("Until (exclusive)", time(until)), ("Made", time(madeAt)),
            ("Log", checkpoint?.origin ?? "no published checkpoint"),
            ("Events in the whole log", String(status.events)),
        ]
        if !uses.restrictedTo.isEmpty {
            facts.append(("Restricted to the fields", uses.restrictedTo.joined(separator: ", ")))
        }
        if !archives.isEmpty {
            let bundles = archives.map { "\($0.month) (\($0.bundle))" }
            facts.append(("Archived, and not in this report", bundles.joined(separator: ", ")))
        }
        return ReportDocument(
            title: "Use of encrypted fields", facts: facts,
            sections: [
                fieldUse, failures, denied, keys, findings, completeness,
            ])
    }

    private func time(_ time: Int64) -> String { Time.text(unixMicroseconds: time, in: zone) }

    private var checkpoint: Checkpoint? { note.flatMap { try? Checkpoint(text: $0.text) } }

    private var fieldUse: ReportDocument.Section {
        struct Use: Hashable {
            let field: String
            let actor: String
            let operation: String
        }
        var sums: [Use: (succeeded: UInt64, failed: UInt64, first: Int64, last: Int64)] = [:]
        for use in uses.uses {
            let key = Use(field: use.fieldName, actor: use.actorName, operation: use.operation.word)
            let known = sums[key] ?? (0, 0, .max, .min)
            sums[key] = (
                known.succeeded.addingSaturated(use.succeeded), known.failed.addingSaturated(use.failed),
                min(known.first, use.firstUnixUs), max(known.last, use.lastUnixUs)
            )
        }
        let rows = sums.sorted { left, right in
            (left.key.field, left.key.actor, left.key.operation) < (
                right.key.field, right.key.actor, right.key.operation
            )
        }.map { use, sum in
            [
                use.field, use.actor, use.operation, String(sum.succeeded), String(sum.failed), time(sum.first),
                time(sum.last),
            ]
        }
        return section(
            "Who used which field",
            ["Field", "Actor", "Operation", "Values", "Failed", "First", "Last"], rows, numeric: [3, 4],
            isCut: uses.truncated, none: "No field was used.")
    }

    private var failures: ReportDocument.Section {
        section(
            "Failed decrypts", ["Field", "Actor", "Version", "Values", "First", "Last"],
            failedDecrypts.uses.map { use in
                [
                    use.fieldName, use.actorName, use.keyVersion == 0 ? "-" : Hexadecimal.encode(use.keyVersion),
                    String(use.failed), time(use.firstUnixUs), time(use.lastUnixUs),
                ]
            }, numeric: [3], isCut: failedDecrypts.truncated, none: "None.")
    }

    private var denied: ReportDocument.Section {
        section(
            "Denials", ["Actor", "Operation", "Field", "Times", "First", "Last"],
            denials.uses.map { use in
                [
                    use.actorName, use.operation.word, use.fieldName, String(use.failed), time(use.firstUnixUs),
                    time(use.lastUnixUs),
                ]
            }, numeric: [3], isCut: denials.truncated, none: "None.")
    }

    private var keys: ReportDocument.Section {
        section(
            "Keys, custody and catalog", ["Time", "Actor", "Operation", "Object", "Version", "Outcome"],
            keyEvents.map { stored in
                let cells = stored.cells(in: zone)
                return [cells[0], cells[1], cells[2], cells[3], cells[4], cells[6]]
            }, isCut: hasMoreKeyEvents, none: "Nothing changed.")
    }

    /// Those of the period, and those before it that nobody had reviewed when it began.
    private var findings: ReportDocument.Section {
        let listed = status.findings.filter { finding in
            finding.foundUnixUs < until
                && (finding.foundUnixUs >= from || finding.reviewer.isEmpty || finding.reviewedUnixUs >= from)
        }.sorted { $0.foundUnixUs < $1.foundUnixUs }
        return section(
            "Findings on the log's completeness", ["Found", "Kind", "Producer", "Block", "Reviewed", "Note"],
            listed.map { finding in
                [
                    time(finding.foundUnixUs), finding.kind, finding.producer.isEmpty ? "-" : finding.producer,
                    String(finding.sequence),
                    finding.reviewer.isEmpty
                        ? "open" : "\(time(finding.reviewedUnixUs)) by \(finding.reviewer)", finding.note,
                ]
            }, numeric: [3], isCut: status.findings.count >= 1_000, none: "None.")
    }

    private var completeness: ReportDocument.Section {
        var blocks: [ReportDocument.Block] = []
        if let checkpoint, let note {
            blocks.append(
                .paragraph(
                    "The newest published checkpoint of \(checkpoint.origin) has \(checkpoint.size) leaves and the root "
                        + "\(checkpoint.root); it was published at \(time(status.publishedUnixUs)). This report does not verify "
                        + "it: fieldseal audit verify does."))
            blocks.append(
                .table(
                    headings: ["Signed by", "At"],
                    rows: note.signatures.map { signature in
                        let cosignature = Cosignature(signature.bytes)
                        return [
                            signature.key.name,
                            cosignature.map { time(Int64(clamping: $0.timestamp).multipliedSaturated(by: 1_000_000)) }
                                ?? "-",
                        ]
                    }))
        } else {
            blocks.append(.paragraph("No checkpoint is published."))
        }
        blocks.append(
            .paragraph(
                "The tree has \(status.treeSize) leaves, of which \(status.publishedSize) are published. "
                    + (status.refused ? "The audit service refuses its database, and takes nothing. " : "")
                    + "\(status.openFindings) findings are open."))
        return .init(title: "State of the log when this was made", blocks: blocks)
    }

    private func section(
        _ title: String, _ headings: [String], _ rows: [[String]], numeric: Set<Int> = [], isCut: Bool, none: String
    ) -> ReportDocument.Section {
        guard !rows.isEmpty else { return .init(title: title, blocks: [.paragraph(none)]) }
        var blocks: [ReportDocument.Block] = [.table(headings: headings, rows: rows, numeric: numeric)]
        if isCut { blocks.append(.paragraph("There is more than is listed here: choose a shorter period.")) }
        return .init(title: title, blocks: blocks)
    }
}

extension AuditUse {
    fileprivate var fieldName: String { table.isEmpty ? "-" : field.isEmpty ? table : "\(table).\(field)" }

    fileprivate var actorName: String {
        let who = actor.isEmpty ? "-" : actor
        return assertedActor.isEmpty ? who : "\(who) for \(assertedActor)"
    }
}

extension UInt64 {
    fileprivate func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Int64 {
    fileprivate func multipliedSaturated(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
