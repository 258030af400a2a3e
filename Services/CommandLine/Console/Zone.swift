import Foundation

/// In which zone times are read and written that name none themselves.
struct Zone: Hashable, Sendable {
    static let utc = Zone(zone: nil)

    /// Nil: UTC.
    private let zone: TimeZone?

    private init(zone: TimeZone?) { self.zone = zone }

    /// `UTC`, or a name of the tz database, e.g. `Europe/Berlin`.
    init?(name: String) {
        if name == "UTC" {
            self = .utc
            return
        }
        // Abbreviations mean different zones in different places.
        guard name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        self.init(zone: zone)
    }

    /// What is added to UTC at a time, in seconds.
    func offset(unixSeconds: Int64) -> Int64 {
        Int64(zone?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(unixSeconds))) ?? 0)
    }

    /// When the clocks of the zone show what UTC's show at `wallClock` seconds; the first time where they do so twice, nil where they
    /// never do.
    func unixSeconds(wallClock: Int64) -> Int64? {
        let day: Int64 = 86_400
        let offsets = Set([wallClock - day, wallClock, wallClock + day].map { offset(unixSeconds: $0) })
        return offsets.map { wallClock - $0 }.filter { $0 + offset(unixSeconds: $0) == wallClock }.min()
    }

    /// As RFC 3339 ends a time.
    func suffix(unixSeconds: Int64) -> String {
        guard zone != nil else { return "Z" }
        let offset = offset(unixSeconds: unixSeconds)
        let minutes = abs(offset) / 60
        let digits = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(offset < 0 ? "-" : "+")\(digits[0]):\(digits[1])"
    }
}
