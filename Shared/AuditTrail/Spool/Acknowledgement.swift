internal import FieldsealTransparencyLog

/// The last block that the audit service has acknowledged. Stored as the file `acknowledged`: `fseal-ak`, u32 version,
/// 4 zero bytes, 16 bytes epoch, u64 sequence, u64 number of the segment that holds the block, 16 bytes checksum.
struct Acknowledgement: Hashable {
    static let fileName = "acknowledged"
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
        guard bytes.count == 64, let epoch = EventIdentifier(Array(bytes[16..<32])) else { return nil }
        let (sequence, segment) = bytes.withUnsafeBytes {
            ($0.bigEndian(at: 32) as UInt64, $0.bigEndian(at: 40) as UInt64)
        }
        self.init(epoch: epoch, sequence: sequence, segment: segment)
        guard encoded == bytes else { return nil }
    }

    /// The stored one; nil where nothing was acknowledged yet.
    static func load(from fileSystem: any FileSystem) throws(SpoolError) -> Self? {
        guard try fileSystem.names().contains(fileName) else { return nil }
        let content = try fileSystem.open(fileName).read(at: 0, count: 65)
        guard let acknowledgement = Self(content) else { throw .damaged("the file \(fileName) is damaged") }
        return acknowledgement
    }

    /// Durable against a crash of the process at once, against one of the machine with ``FileSystem/synchronize()``. An older
    /// one found after a crash costs nothing but sending again.
    func store(in fileSystem: any FileSystem) throws(SpoolError) {
        try fileSystem.replace(Self.fileName, with: encoded)
    }
}
