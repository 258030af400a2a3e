#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a server has used so far, from Linux's /proc.
struct ProcessUsage {
    /// In user and kernel mode.
    var cpuSeconds: Double
    /// The most memory that was ever resident.
    var peakBytes: Int

    /// Nil where there is no such process.
    init?(of process: Int32) {
        guard let stat = Self.text(of: "/proc/\(process)/stat"), let status = Self.text(of: "/proc/\(process)/status"),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let kernel = Double(fields[12]) else { return nil }
        cpuSeconds = (user + kernel) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        peakBytes =
            (peak?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    /// The CPU time of this process.
    static var own: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
