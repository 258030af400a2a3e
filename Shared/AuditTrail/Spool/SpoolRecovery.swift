/// Brings a spool that was left behind, by a crash or in order, into a state to go on from.
struct SpoolRecovery {
    /// In order.
    private(set) var segments: [Segment] = []
    let acknowledgement: Acknowledgement?
    let nextSegment: UInt64

    /// Checks every record, cuts off a torn tail of the last segment.
    ///
    /// Only what was never durable can be torn: records of the last group written. Anything else that is missing or does
    /// not match its checksum is damage, and thrown.
    init(_ fileSystem: any FileSystem) throws(SpoolError) {
        acknowledgement = try AcknowledgementFile(in: fileSystem).load()
        let numbers = try fileSystem.names().compactMap { SegmentFormat.number(ofName: $0) }.sorted()
        let acknowledged = acknowledgement?.segment ?? 0
        if let first = numbers.first, first > acknowledged, first - acknowledged > 1 {
            throw .damaged("\(SegmentFormat.name(acknowledged + 1)) is missing")
        }
        for (number, next) in zip(numbers, numbers.dropFirst()) where next - number > 1 {
            throw .damaged("\(SegmentFormat.name(number + 1)) is missing")
        }
        let last = max(acknowledged, numbers.last ?? 0)
        guard last < UInt64.max else { throw .damaged("\(SegmentFormat.name(last)) is none of ours") }
        nextSegment = last + 1
        for number in numbers {
            if let segment = try Self.recover(number, isLast: number == last, fileSystem) { segments.append(segment) }
        }
        try fileSystem.synchronize()
    }

    /// nil for one that was torn while it was made; it is removed.
    private static func recover(
        _ number: UInt64, isLast: Bool, _ fileSystem: any FileSystem
    ) throws(SpoolError) -> Segment? {
        let name = SegmentFormat.name(number)
        let file = try fileSystem.open(name)
        let size = try file.size()
        guard var reader = try SegmentReader(file), reader.header.number == number else {
            guard isLast, size <= SegmentFormat.headerBytes else { throw .damaged("\(name) has no header") }
            try fileSystem.remove(name)
            return nil
        }
        var segment = Segment(
            number: number, epoch: reader.header.epoch, firstSequence: reader.header.firstSequence, blocks: 0,
            bytes: SegmentFormat.headerBytes)
        while true {
            switch try reader.next(limit: size) {
            case .record(_, let end):
                segment.blocks += 1
                segment.bytes = end
            case .end:
                return segment
            case .damaged:
                guard isLast, try !reader.laterGroupFollows(limit: size) else {
                    throw .mismatch(name, at: segment.bytes)
                }
                try file.truncate(to: segment.bytes)
                try file.synchronize()
                return segment
            }
        }
    }
}
