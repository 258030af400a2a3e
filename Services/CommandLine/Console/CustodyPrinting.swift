import FieldsealClient

extension Custodian {
    var json: JSON {
        .object([
            ("name", .string(name)), ("provider", .string(provider)), ("key", .text(key)),
            ("configured", .bool(configured)), ("holds", .bool(holds)), ("missing", .bool(missing)),
            ("added", .time(addedUnixMs)),
            ("drilled", .time(drilledUnixMs)), ("drill-passed", drilledUnixMs == 0 ? .null : .bool(drillPassed)),
            ("drill-cause", .text(drillCause)),
        ])
    }

    static func table(_ custodians: [Custodian]) -> String {
        var table = Table(["CUSTODIAN", "PROVIDER", "KEY", "HOLDS", "CONFIGURED", "ADDED", "DRILLED", "DRILL"])
        for custodian in custodians {
            table.append([
                custodian.name, custodian.provider, custodian.key.isEmpty ? "-" : custodian.key,
                custodian.holds ? "yes" : custodian.missing ? "missing" : "no", custodian.configured ? "yes" : "no",
                Time.orNone(unixMilliseconds: custodian.addedUnixMs),
                Time.orNone(unixMilliseconds: custodian.drilledUnixMs), custodian.drillText,
            ])
        }
        return table.text
    }

    private var drillText: String {
        if drilledUnixMs == 0 { return "never" }
        if drillPassed { return "passed" }
        return drillCause.isEmpty ? "failed" : "failed (\(drillCause))"
    }
}

extension MasterKeyReport {
    func json(dryRun: Bool? = nil) -> JSON {
        .object(
            (dryRun.map { [("dry-run", .bool($0))] } ?? []) + [
                ("key", key?.json ?? .null), ("custodians", .array(custodians.map(\.json))),
            ])
    }

    var text: String {
        var parts: [String] = []
        if let key { parts.append(key.details) }
        parts.append(Custodian.table(custodians))
        let holders = custodians.filter(\.holds)
        if holders.count > 1 {
            parts.append(
                "Any one of \(holders.map(\.name).joined(separator: ", ")) opens the master key: the weakest of them decides."
            )
        }
        for custodian in custodians where custodian.missing {
            parts.append(
                "\(custodian.name) does not hold the active version; when it is back: fieldseal master add \(custodian.name)"
            )
        }
        return parts.joined(separator: "\n\n")
    }
}
