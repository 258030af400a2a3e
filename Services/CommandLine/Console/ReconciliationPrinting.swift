import FieldsealClient

extension Reconciliation {
    var text: String {
        var table = Table(
            ["PRODUCER", "EPOCH", "MADE", "IN LOG", "EVENTS", "STATE", "RESULT"], numeric: ["MADE", "IN LOG", "EVENTS"])
        for line in lines {
            let notes = line.differences + line.remarks
            table.append([
                line.producer, Hexadecimal.encode(line.epoch), line.made.map(String.init) ?? "-",
                String(line.entry?.lastSequence ?? 0), String(line.entry?.events ?? 0), line.state,
                (line.differences.isEmpty ? "agrees" : "differs")
                    + (notes.isEmpty ? "" : ": \(notes.joined(separator: "; "))"),
            ])
        }
        let silent = unanswered.map { Table.printable("\($0.producer) at \($0.address) did not answer: \($0.failure)") }
        return ([table.text] + silent).joined(separator: "\n")
    }

    var json: JSON {
        .object([
            ("epochs", .array(lines.map(\.json))),
            (
                "unanswered",
                .array(
                    unanswered.map {
                        .object([
                            ("producer", .string($0.producer)), ("address", .string($0.address)),
                            ("failure", .string($0.failure)),
                        ])
                    })
            ), ("differences", .number(Int64(differences))),
        ])
    }
}

extension Reconciliation.Line {
    fileprivate var state: String { made != nil ? "runs" : entry?.closed == true ? "closed" : "not closed" }

    fileprivate var json: JSON {
        .object([
            ("producer", .string(producer)), ("epoch", .string(Hexadecimal.encode(epoch))), ("state", .string(state)),
            ("made-blocks", made.map { .unsigned($0) } ?? .null), ("waiting-blocks", .unsigned(waiting)),
            ("first-block", .unsigned(entry?.firstSequence ?? 0)), ("last-block", .unsigned(entry?.lastSequence ?? 0)),
            ("blocks", .unsigned(entry?.blocks ?? 0)), ("events", .unsigned(entry?.events ?? 0)),
            ("differences", .array(differences.map { .string($0) })), ("remarks", .array(remarks.map { .string($0) })),
        ])
    }
}
