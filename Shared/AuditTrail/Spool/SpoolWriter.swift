/// Writes groups of batches as blocks, durable when it returns. Used by the spool's thread alone.
final class SpoolWriter {
    enum Outcome { case durable, full }

    private struct Active {
        let file: any SpoolFile
        let name: String
        /// Up to the last durable record.
        var bytes: Int
        /// The file's length: zeros stand behind the records.
        var length: Int
    }

    private let fileSystem: any FileSystem
    private let index: SpoolIndex
    private let ledger: EpochLedger
    private let segmentBytes: Int
    /// Zeros written ahead: over them a record changes no length, and fdatasync has nothing but its data to write.
    private let reserve: [UInt8]
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
        reserve = [UInt8](repeating: 0, count: segmentBytes / SegmentFormat.reservedParts)
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
    func finish() {
        key = nil
        // A start cuts it too.
        try? closeSegment()
    }

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
        try closeSegment()
        let header = SegmentHeader(epoch: builder.epoch, number: nextSegment, firstSequence: firstSequence)
        let name = SegmentFormat.name(nextSegment)
        do throws(SpoolError) {
            let file = try fileSystem.create(name)
            try file.write(header.encoded, at: 0)
            try file.synchronize()
            try fileSystem.synchronize()
            active = Active(
                file: file, name: name, bytes: SegmentFormat.headerBytes, length: SegmentFormat.headerBytes)
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

    /// Ends the segment with its last record.
    private func closeSegment() throws(SpoolError) {
        guard let segment = active, segment.length > segment.bytes else { return }
        try cut(segment)
    }

    private func cut(_ segment: Active) throws(SpoolError) {
        active?.length = segment.bytes
        try segment.file.truncate(to: segment.bytes)
        try segment.file.synchronize()
    }

    /// Writes the buffer. false: the disk is full and the segment is as it was.
    private func append() throws(SpoolError) -> Bool {
        guard var segment = active else { return false }
        let end = segment.bytes + buffer.count
        do throws(SpoolError) {
            if end > segment.length, end < segmentBytes, try extend(segment) {
                segment.length = end + reserve.count
            } else {
                try segment.file.write(buffer, at: segment.bytes)
                segment.length = max(end, segment.length)
            }
        } catch {
            guard error.code == .noSpace else { throw error }
            try cut(segment)
            return false
        }
        guard try segment.file.isInPlace() else { throw .replaced(segment.name) }
        do throws(SpoolError) {
            try segment.file.synchronize()
        } catch {
            // Also where the disk is full: with delayed allocation the pages may be gone already.
            throw SpoolError(code: .disk, description: error.description)
        }
        segment.bytes = end
        active = segment
        return true
    }

    /// Writes the buffer with zeros behind it. false: there is no room for so much.
    private func extend(_ segment: Active) throws(SpoolError) -> Bool {
        do throws(SpoolError) {
            try segment.file.write(buffer + reserve, at: segment.bytes)
            return true
        } catch {
            guard error.code == .noSpace else { throw error }
            try cut(segment)
            return false
        }
    }
}
