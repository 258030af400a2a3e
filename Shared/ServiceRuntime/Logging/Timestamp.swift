#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// RFC 3339 times in UTC with milliseconds.
public enum Timestamp {
    public static func text(unixMicroseconds: Int64) -> String {
        let seconds = (unixMicroseconds - (unixMicroseconds < 0 ? 999_999 : 0)) / 1_000_000
        return text(seconds: Int(seconds), milliseconds: Int(unixMicroseconds - seconds * 1_000_000) / 1_000)
    }

    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return text(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    static func text(seconds: Int, milliseconds: Int) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(padded(Int32(milliseconds), 3))Z"
    }

    private static func padded(_ number: Int32, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
