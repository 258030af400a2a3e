import ArgumentParser

/// A time: RFC 3339, or how long ago.
struct TimeArgument: ExpressibleByArgument {
    /// Where it names no zone, in UTC.
    let unixMicroseconds: Int64
    private let text: String

    init?(argument: String) {
        guard let time = Time.parse(argument, now: Console.current.now()) else { return nil }
        (unixMicroseconds, text) = (time, argument)
    }

    /// Where it names no zone, in this one; nil where the zone has no such time.
    func unixMicroseconds(in zone: Zone) -> Int64? { Time.parse(text, now: Console.current.now(), in: zone) }
}
