/// A segment that was trimmed. It is kept for a while under another name: `number-time.kept`, both in 16 hexadecimal digits.
struct KeptSegment: Hashable, Sendable {
    /// In microseconds.
    static let time: Int64 = 24 * 3_600 * 1_000_000
    private static let suffix = ".kept"

    let number: UInt64
    /// When it was trimmed, in microseconds since 1970-01-01 UTC.
    let trimmed: Int64
    let bytes: Int

    init(_ segment: Segment, trimmed: Int64) {
        (number, self.trimmed, bytes) = (segment.number, trimmed, segment.bytes)
    }

    /// nil where the name is not of one.
    init?(name: String, bytes: Int) {
        let parts = name.dropLast(Self.suffix.count).split(separator: "-")
        guard parts.count == 2, let number = UInt64(parts[0], radix: 16), let time = Int64(parts[1], radix: 16) else {
            return nil
        }
        (self.number, trimmed, self.bytes) = (number, time, bytes)
        guard self.name == name else { return nil }
    }

    var name: String {
        "\(SegmentFormat.digits(number))-\(SegmentFormat.digits(UInt64(clamping: trimmed)))\(Self.suffix)"
    }

    /// All that a directory holds, in the order of their numbers.
    static func all(in fileSystem: any FileSystem) throws(SpoolError) -> [KeptSegment] {
        var kept: [KeptSegment] = []
        for name in try fileSystem.names() where name.hasSuffix(suffix) {
            let bytes = try fileSystem.open(name).size()
            if let segment = KeptSegment(name: name, bytes: bytes) { kept.append(segment) }
        }
        return kept.sorted { $0.number < $1.number }
    }

    /// Those to remove now: the old ones, and as many of the oldest as make the others fit.
    static func due(of kept: [KeptSegment], at now: Int64, limit: Int) -> ArraySlice<KeptSegment> {
        var bytes = kept.reduce(0) { $0 + $1.bytes }
        return kept.prefix { segment in
            defer { bytes -= segment.bytes }
            return bytes > limit || now - segment.trimmed > time
        }
    }
}
