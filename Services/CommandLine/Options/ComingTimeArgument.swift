import ArgumentParser

/// A time: RFC 3339 in UTC, or in how long.
struct ComingTimeArgument: ExpressibleByArgument {
    let unixMicroseconds: Int64

    init?(argument: String) {
        let now = Console.current.now()
        guard let time = Time.parse(argument, now: now, spans: .ahead), time > now else { return nil }
        unixMicroseconds = time
    }
}
