import ArgumentParser

/// A time: RFC 3339 in UTC, or how long ago.
struct TimeArgument: ExpressibleByArgument {
    let unixMicroseconds: Int64

    init?(argument: String) {
        guard let time = Time.parse(argument, now: Console.current.now()) else { return nil }
        unixMicroseconds = time
    }
}
