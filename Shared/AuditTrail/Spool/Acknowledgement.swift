internal import FieldsealTransparencyLog

/// The last block that the audit service has acknowledged. Encoded: `fseal-ak`, u32 version, 4 zero bytes, 16 bytes epoch,
/// u64 sequence, u64 number of the segment that holds the block, 16 bytes checksum.
struct Acknowledgement: Hashable {
    static let encodedBytes = 64
    private static let magic: [UInt8] = Array("fseal-ak".utf8)

    let epoch: EventIdentifier
    let sequence: UInt64
    let segment: UInt64

    var encoded: [UInt8] {
        var bytes = Self.magic
        bytes.append(bigEndian: SegmentFormat.version)
        bytes.append(bigEndian: UInt32(0))
        bytes += epoch.bytes
        bytes.append(bigEndian: sequence)
        bytes.append(bigEndian: segment)
        return bytes + TreeHash(sha256: bytes).bytes.prefix(SegmentFormat.checksumBytes)
    }

    init(epoch: EventIdentifier, sequence: UInt64, segment: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
        self.segment = segment
    }

    /// nil unless these are the bytes of an acknowledgement.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.encodedBytes, let epoch = EventIdentifier(Array(bytes[16..<32])) else { return nil }
        let (sequence, segment) = bytes.withUnsafeBytes {
            ($0.bigEndian(at: 32) as UInt64, $0.bigEndian(at: 40) as UInt64)
        }
        self.init(epoch: epoch, sequence: sequence, segment: segment)
        guard encoded == bytes else { return nil }
    }

    /// Whether it stands behind another one of the same spool.
    func follows(_ other: Acknowledgement) -> Bool { (segment, sequence) > (other.segment, other.sequence) }
}
