import ArgumentParser
import FieldsealClient

/// Which alerts to print, and how.
struct AlertOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Only alerts from this time on: 2026-11-24, or how long ago: 2h, 3d.", valueName: "time"))
    var since: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("Most alerts to print.", valueName: "number"))
    var limit: UInt32 = 100

    @OptionGroup var output: OutputOptions

    /// Milliseconds since 1970; 0: from the first.
    var sinceUnixMs: Int64 { (since?.unixMicroseconds ?? 0) / 1000 }

    func show(_ alerts: [RaisedAlert]) {
        if output.json {
            Console.current.show(JSON.array(alerts.map(\.json)).text())
            return
        }
        guard !alerts.isEmpty else {
            Console.current.show("No alert.")
            return
        }
        var table = Table(["RAISED", "SEVERITY", "KIND", "OBJECT", "PENDING", "TEXT"], numeric: ["PENDING"])
        for alert in alerts {
            table.append([
                Time.orNone(unixMilliseconds: alert.raisedUnixMs), alert.severity, alert.kind,
                alert.object.isEmpty ? "-" : alert.object, String(alert.pending), alert.text,
            ])
        }
        Console.current.show(table.text)
    }
}

extension RaisedAlert {
    fileprivate var json: JSON {
        .object([
            ("id", .string(uuidText(id))), ("raised", .time(raisedUnixMs)), ("kind", .string(kind)),
            ("severity", .string(severity)), ("object", .text(object)), ("text", .string(text)),
            ("pending", .unsigned(UInt64(pending))),
        ])
    }
}
