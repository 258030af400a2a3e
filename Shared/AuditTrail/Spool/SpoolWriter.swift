/// Writes groups of batches as blocks, durable when it returns. Used by the spool's thread alone.
final class SpoolWriter {
    enum Outcome { case durable, full }

    private struct Active {
        let file: any SpoolFile
        let name: String
        var bytes: Int
    }

    private let fileSystem: any FileSystem
    private let index: SpoolIndex
    private let ledger: EpochLedger
    private let segmentBytes: Int
    private let maximumBytes: Int
    private var builder: BlockBuilder
    private var key: EpochKey?
    private var nextSegment: UInt64
    private var active: Active?
    private var buffer: [UInt8] = []

    init(
        fileSystem: any FileSystem, index: SpoolIndex, ledger: EpochLedger, builder: BlockBuilder, key: EpochKey,
        nextSegment: UInt64, segmentBytes: Int, maximumBytes: Int
    ) {
        self.fileSystem = fileSystem
        self.index = index
        self.ledger = ledger
        self.builder = builder
        self.key = key
        self.nextSegment = nextSegment
        self.segmentBytes = segmentBytes
        self.maximumBytes = maximumBytes
    }

    /// All batches or, where they find no room, none. Throws when the state of the disk is unknown: nothing may be written
    /// afterwards.
    func write(_ batches: [EventBatch], dropped: UInt64) throws(SpoolError) -> Outcome {
        let before = builder
        let blocks = builder.blocks(of: batches, dropped: dropped)
        try encode(blocks)
        guard index.bytes + buffer.count + SegmentFormat.headerBytes <= maximumBytes,
            try openSegment(firstSequence: before.nextSequence), try append()
        else {
            builder = before
            return .full
        }
        index.grew(blocks: blocks.count, bytes: buffer.count)
        if let last = blocks.last { ledger.wrote(last, of: batches) }
        return .durable
    }

    /// Nothing is written any more, and nobody can sign for the epoch.
    func forgetKey() { key = nil }

    private func encode(_ blocks: [BlockBuilder.Block]) throws(SpoolError) {
        guard let key else { throw .signing("the epoch has ended") }
        buffer.removeAll(keepingCapacity: true)
        var flags = RecordHeader.startsGroup
        for block in blocks {
            let signature = try key.sign(block.bytes)
            let header = RecordHeader(
                blockLength: block.bytes.count, signatureLength: signature.count, flags: flags, sequence: block.sequence
            )
            buffer += header.encoded
            buffer += header.checksum(blockHash: block.hash, signature: signature)
            buffer += block.bytes
            buffer += signature
            flags = 0
        }
    }

    /// Makes sure of a segment with room. false: the disk is full.
    private func openSegment(firstSequence: UInt64) throws(SpoolError) -> Bool {
        if let active, active.bytes < segmentBytes { return true }
        let header = SegmentHeader(epoch: builder.epoch, number: nextSegment, firstSequence: firstSequence)
        let name = SegmentFormat.name(nextSegment)
        do throws(SpoolError) {
            let file = try fileSystem.create(name)
            try file.append(header.encoded)
            try file.synchronize()
            try fileSystem.synchronize()
            active = Active(file: file, name: name, bytes: SegmentFormat.headerBytes)
        } catch {
            guard error.code == .noSpace else { throw error }
            do throws(SpoolError) {
                try fileSystem.remove(name)
            } catch {
                guard error.code == .notFound else { throw error }
            }
            return false
        }
        index.started(
            Segment(
                number: nextSegment, epoch: builder.epoch, firstSequence: firstSequence, blocks: 0,
                bytes: SegmentFormat.headerBytes))
        nextSegment += 1
        return true
    }

    /// Writes the buffer. false: the disk is full and the segment is as it was.
    private func append() throws(SpoolError) -> Bool {
        guard var segment = active else { return false }
        do throws(SpoolError) {
            try segment.file.append(buffer)
        } catch {
            guard error.code == .noSpace else { throw error }
            try segment.file.truncate(to: segment.bytes)
            try segment.file.synchronize()
            return false
        }
        guard try segment.file.isInPlace() else { throw .replaced(segment.name) }
        do throws(SpoolError) {
            try segment.file.synchronize()
        } catch {
            // Also where the disk is full: with delayed allocation the pages may be gone already.
            throw SpoolError(code: .disk, description: error.description)
        }
        segment.bytes += buffer.count
        active = segment
        return true
    }
}
