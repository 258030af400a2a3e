import FieldsealClient

extension CensusCount {
    var json: JSON { .object([("version", .version(version)), ("rows", .unsigned(rows))]) }

    fileprivate var versionText: String { version == 0 ? "no ciphertext" : Hexadecimal.encode(version) }

    static func table(_ counts: [CensusCount]) -> String {
        var table = Table(["VERSION", "ROWS"], numeric: ["ROWS"])
        for count in counts { table.append([count.versionText, String(count.rows)]) }
        return table.text
    }
}

extension FieldCensus {
    var json: JSON {
        .object([
            ("field", .string(field)), ("location", .text(location)), ("begun", .time(begunUnixMs)),
            ("reported", .time(reportedUnixMs)), ("reporter", .string(reporter)),
            ("counts", .array(counts.map(\.json))),
        ])
    }

    static func table(_ censuses: [FieldCensus]) -> String {
        var table = Table(["FIELD", "LOCATION", "VERSION", "ROWS", "BEGUN", "REPORTED BY"], numeric: ["ROWS"])
        for census in censuses {
            let location = census.location.isEmpty ? "-" : census.location
            let end = [Time.orNone(unixMilliseconds: census.begunUnixMs), census.reporter]
            if census.counts.isEmpty { table.append([census.field, location, "-", "0"] + end) }
            for count in census.counts {
                table.append([census.field, location, count.versionText, String(count.rows)] + end)
            }
        }
        return table.text
    }
}
