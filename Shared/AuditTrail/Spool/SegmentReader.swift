internal import FieldsealTransparencyLog

/// Reads a segment's records one after the other.
struct SegmentReader {
    enum Next {
        case record(SpooledBlock, endingAt: Int)
        /// Nothing follows.
        case end
        /// What follows is no whole record with a right checksum.
        case damaged
    }

    let header: SegmentHeader
    private let file: any SpoolFile
    private(set) var offset = SegmentFormat.headerBytes
    /// Of the next record.
    private(set) var sequence: UInt64

    /// nil where the file does not begin with a whole header.
    init?(_ file: any SpoolFile) throws(SpoolError) {
        let bytes = try file.read(at: 0, count: SegmentFormat.headerBytes)
        guard let header = bytes.withUnsafeBytes({ SegmentHeader($0) }) else { return nil }
        self.header = header
        self.file = file
        sequence = header.firstSequence
    }

    /// The next record that ends at `limit` or before.
    mutating func next(limit: Int) throws(SpoolError) -> Next {
        if offset == limit { return .end }
        guard let (block, length, _) = try record(at: offset, limit: limit), block.sequence == sequence else {
            return .damaged
        }
        offset += length
        sequence += 1
        return .record(block, endingAt: offset)
    }

    /// Whether a whole record that starts a later group stands behind the damage: then what is damaged had been durable, and
    /// is no torn tail.
    func laterGroupFollows(limit: Int) throws(SpoolError) -> Bool {
        var candidate = offset + 1
        while candidate + SegmentFormat.recordHeaderBytes <= limit {
            let window = try file.read(at: candidate, count: min(limit - candidate, 1 << 16))
            guard window.count >= SegmentFormat.recordHeaderBytes else { return false }
            let starts = window.count - SegmentFormat.recordHeaderBytes + 1
            for start in 0..<starts where isPlausible(window, at: start) {
                if let (_, _, startsGroup) = try record(at: candidate + start, limit: limit), startsGroup {
                    return true
                }
            }
            candidate += starts
        }
        return false
    }

    private func isPlausible(_ window: [UInt8], at start: Int) -> Bool {
        window.withUnsafeBytes { bytes in
            let end = start + SegmentFormat.recordHeaderBytes
            guard let header = RecordHeader(UnsafeRawBufferPointer(rebasing: bytes[start..<end])),
                header.flags == RecordHeader.startsGroup
            else { return false }
            return header.sequence > sequence && header.sequence - sequence < 1 << 24
        }
    }

    private func record(
        at offset: Int, limit: Int
    ) throws(SpoolError) -> (block: SpooledBlock, length: Int, startsGroup: Bool)? {
        guard limit - offset >= SegmentFormat.recordHeaderBytes else { return nil }
        let start = try file.read(at: offset, count: SegmentFormat.recordHeaderBytes)
        guard start.count == SegmentFormat.recordHeaderBytes,
            let header = start.withUnsafeBytes({ RecordHeader($0) }), header.recordLength <= limit - offset
        else { return nil }
        let body = try file.read(
            at: offset + SegmentFormat.recordHeaderBytes, count: header.recordLength - SegmentFormat.recordHeaderBytes)
        guard body.count == header.blockLength + header.signatureLength else { return nil }
        let block = Array(body[..<header.blockLength])
        let signature = Array(body[header.blockLength...])
        let checksum = header.checksum(blockHash: TreeHash(sha256: block), signature: signature)
        guard checksum.elementsEqual(start[16...]) else { return nil }
        let spooled = SpooledBlock(
            epoch: self.header.epoch, sequence: header.sequence, block: block, signature: signature)
        return (spooled, header.recordLength, header.flags & RecordHeader.startsGroup != 0)
    }
}

extension SpoolFile {
    /// Up to `count` bytes; fewer only at the end of the file.
    func read(at offset: Int, count: Int) throws(SpoolError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { target -> Result<Int, SpoolError> in
            do throws(SpoolError) {
                return .success(try read(at: offset, into: target))
            } catch {
                return .failure(error)
            }
        }
        bytes.removeLast(count - (try result.get()))
        return bytes
    }
}
