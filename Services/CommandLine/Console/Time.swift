#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Times as people and programs write them, in UTC where they name no zone; counted in microseconds since 1970.
enum Time {
    /// RFC 3339 with milliseconds.
    static func text(unixMicroseconds time: Int64, in zone: Zone = .utc) -> String {
        let milliseconds = (time - floorModulo(time, 1000)) / 1000
        let fraction = floorModulo(milliseconds, 1000)
        let unixSeconds = (milliseconds - fraction) / 1000
        var seconds = time_t(unixSeconds + zone.offset(unixSeconds: unixSeconds))
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "?" }
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let year = padded(Int64(parts.tm_year) + 1900, 4)
        let month = padded(Int64(parts.tm_mon) + 1, 2)
        let day = padded(Int64(parts.tm_mday), 2)
        let hour = padded(Int64(parts.tm_hour), 2)
        let minute = padded(Int64(parts.tm_min), 2)
        let second = padded(Int64(parts.tm_sec), 2)
        let suffix = zone.suffix(unixSeconds: unixSeconds)
        return "\(year)-\(month)-\(day)T\(hour):\(minute):\(second).\(padded(fraction, 3))\(suffix)"
    }

    static func text(unixMilliseconds time: Int64) -> String {
        let (microseconds, overflow) = time.multipliedReportingOverflow(by: 1000)
        return overflow ? "?" : text(unixMicroseconds: microseconds)
    }

    /// A time of a message, where 0 is none.
    static func orNone(unixMilliseconds time: Int64) -> String {
        time == 0 ? "-" : text(unixMilliseconds: time)
    }

    /// Which side of now a span of time reaches to.
    enum Spans {
        case ago, ahead
    }

    /// Reads `2026-11-24`, `2026-11-24T10:15`, `2026-11-24T10:15:30Z`, `2026-11-24T10:15:30+01:00`, or `90s`, `15m`, `2h`, `3d`
    /// before or after `now`; nil for all else, and for what the clocks of `zone` skip.
    static func parse(_ text: String, now: Int64, spans: Spans = .ago, in zone: Zone = .utc) -> Int64? {
        if let seconds = seconds(text) { return spans == .ago ? now - seconds * 1_000_000 : now + seconds * 1_000_000 }
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, let year = number(date[0], digits: 4...4), let month = number(date[1], digits: 2...2),
            let day = number(date[2], digits: 2...2)
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1900), Int32(month - 1), Int32(day))
        var offset: Int64?
        if halves.count == 2 {
            guard let (clock, named) = clock(halves[1]), let time = timeOfDay(clock) else { return nil }
            (parts.tm_hour, parts.tm_min, parts.tm_sec) = time
            offset = named
        }
        let time = timegm(&parts)
        // timegm takes the 31st of February for a day in March
        guard Int64(parts.tm_mday) == day, Int64(parts.tm_mon) == month - 1 else { return nil }
        let seconds = offset.map { Int64(time) - $0 } ?? zone.unixSeconds(wallClock: Int64(time))
        return seconds.map { $0 * 1_000_000 }
    }

    /// What stands before the zone, and the zone's offset in seconds; nil: none is named.
    private static func clock(_ text: Substring) -> (Substring, offset: Int64?)? {
        if text.hasSuffix("Z") { return (text.dropLast(), 0) }
        guard let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) else { return (text, nil) }
        guard let (hours, minutes, _) = timeOfDay(text[text.index(after: sign)...], parts: 2...2) else { return nil }
        let offset = Int64(hours) * 3_600 + Int64(minutes) * 60
        return (text[..<sign], text[sign] == "-" ? -offset : offset)
    }

    private static func timeOfDay(_ text: Substring, parts: ClosedRange<Int> = 2...3) -> (Int32, Int32, Int32)? {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2...2) }
        guard parts.contains(numbers.count), let hour = numbers[0], let minute = numbers[1],
            let second = numbers.count == 3 ? numbers[2] : 0, hour < 24, minute < 60, second < 60
        else { return nil }
        return (Int32(hour), Int32(minute), Int32(second))
    }

    private static func seconds(_ text: String) -> Int64? {
        guard let count = number(text.dropLast(), digits: 1...6) else { return nil }
        switch text.last {
        case "s": return count
        case "m": return count * 60
        case "h": return count * 3600
        case "d": return count * 86400
        default: return nil
        }
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }

    private static func floorModulo(_ value: Int64, _ divisor: Int64) -> Int64 {
        let rest = value % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
