import ArgumentParser

/// In which zone people read and write times.
struct TimeZoneOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Zone of times given without one, and of times that are printed, e.g. Europe/Berlin; without it, UTC.",
            valueName: "zone"))
    var timeZone: Zone = .utc

    /// - Throws: where the zone's clocks never show that time.
    func resolve(_ time: TimeArgument?, _ option: String) throws -> Int64? {
        guard let time else { return nil }
        guard let resolved = time.unixMicroseconds(in: timeZone) else {
            throw CommandFailure(.usage, "\(option): the clocks of that zone skip this time; name another")
        }
        return resolved
    }
}

extension Zone: ExpressibleByArgument {
    init?(argument: String) { self.init(name: argument) }

    var defaultValueDescription: String { "UTC" }
}
