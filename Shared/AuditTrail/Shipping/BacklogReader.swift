/// Reads the blocks behind an acknowledged one, in order, across epochs. Used by one thread at a time.
final class BacklogReader: @unchecked Sendable {
    /// Blocks of one segment, hence of one epoch.
    struct Batch: Sendable {
        let segment: UInt64
        let blocks: [SpooledBlock]
    }

    static let maximumBlocks = 64
    static let maximumBytes = 2 << 20

    private let fileSystem: any FileSystem
    private let index: SpoolIndex
    private let acknowledged: Acknowledgement?
    private var number: UInt64 = 0
    private var reader: SegmentReader?

    init(fileSystem: any FileSystem, index: SpoolIndex, acknowledged: Acknowledgement?) {
        self.fileSystem = fileSystem
        self.index = index
        self.acknowledged = acknowledged
        number = acknowledged?.segment ?? 0
    }

    /// The next blocks, none of them behind `last`; nil where there are none for now.
    func next(upTo last: Acknowledgement? = nil) throws(SpoolError) -> Batch? {
        while let segment = index.segment(from: number), segment.number <= last?.segment ?? UInt64.max {
            let end = segment.number == last?.segment ? last?.sequence ?? UInt64.max : UInt64.max
            var reader = try open(segment)
            var blocks: [SpooledBlock] = []
            var bytes = 0
            while blocks.count < Self.maximumBlocks, bytes < Self.maximumBytes, reader.sequence <= end {
                guard let block = try block(from: &reader, of: segment) else { break }
                guard !isAcknowledged(block, in: segment) else { continue }
                blocks.append(block)
                bytes += block.block.count
            }
            self.reader = reader
            if !blocks.isEmpty { return Batch(segment: segment.number, blocks: blocks) }
            guard reader.sequence <= end else { return nil }
            // The next one exists only when this one does not grow any more.
            guard segment.number < UInt64.max, index.segment(from: segment.number + 1) != nil else { return nil }
            guard index.segment(from: segment.number) == segment else { continue }
            number = segment.number + 1
            self.reader = nil
        }
        return nil
    }

    private func open(_ segment: Segment) throws(SpoolError) -> SegmentReader {
        if number == segment.number, let reader { return reader }
        number = segment.number
        let name = SegmentFormat.name(segment.number)
        let opened: SegmentReader?
        do throws(SpoolError) {
            opened = try SegmentReader(try fileSystem.open(name))
        } catch {
            throw error.code == .notFound ? .replaced(name) : error
        }
        guard let opened, opened.header.epoch == segment.epoch, opened.header.number == segment.number else {
            throw .replaced(name)
        }
        return opened
    }

    private func block(from reader: inout SegmentReader, of segment: Segment) throws(SpoolError) -> SpooledBlock? {
        switch try reader.next(limit: segment.bytes) {
        case .record(let block, _): block
        case .end: nil
        case .damaged: throw .mismatch(SegmentFormat.name(segment.number), at: reader.offset)
        }
    }

    private func isAcknowledged(_ block: SpooledBlock, in segment: Segment) -> Bool {
        guard let acknowledged, acknowledged.epoch == segment.epoch else { return false }
        return block.sequence <= acknowledged.sequence
    }
}
