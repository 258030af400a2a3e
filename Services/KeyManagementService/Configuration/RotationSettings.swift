import FieldsealServiceRuntime
import Glibc

/// The section `rotation`: how long versions live, in days, and how the schedule is run.
struct RotationSettings: Sendable {
    let policy: RotationPolicy
    /// Between two looks at the schedule.
    let interval: Duration

    init(_ section: ConfigurationSection, seals: SealLimits) throws(ConfigurationError) {
        let days = 1...3_650
        let transition = try section.integer("transition-days", default: 30, in: days)
        func periods(_ name: String, _ rotation: Int) throws(ConfigurationError) -> RotationPolicy.Periods {
            RotationPolicy.Periods(
                rotationDays: Int32(clamping: try section.integer("\(name)-days", default: rotation, in: days)),
                transitionDays: Int32(
                    clamping: try section.integer("\(name)-transition-days", default: transition, in: days)))
        }
        policy = RotationPolicy(
            master: try periods("master", 365), dek: try periods("dek", 90), fek: try periods("fek", 30),
            waitingDays: Int32(clamping: try section.integer("waiting-days", default: 30, in: days)),
            jitterHours: Int32(clamping: try section.integer("jitter-hours", default: 24, in: 0...168)),
            seals: seals,
            isPaused: try section.boolean("paused", default: false))
        interval = .seconds(try section.integer("interval-seconds", default: 60, in: 1...3_600))
    }
}

/// How people know this process among the replicas.
enum ProcessName {
    /// `host/pid`.
    static var current: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "/\(getpid())" }
        let host = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(String(decoding: host, as: UTF8.self))/\(getpid())"
    }
}
