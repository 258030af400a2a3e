internal import FieldsealTransparencyLog

/// The layout of segment files; `Protos/AUDITLOG.md` specifies it. All integers are big endian.
enum SegmentFormat {
    static let magic: [UInt8] = Array("fseal-sp".utf8)
    static let version: UInt32 = 1
    static let headerBytes = 64
    static let recordHeaderBytes = 32
    static let checksumBytes = 16
    static let maximumSignatureBytes = 512
    /// Zeros are written ahead in such parts of a segment's size.
    static let reservedParts = 32

    /// 16 hexadecimal digits and `.blocks`.
    static func name(_ number: UInt64) -> String {
        digits(number) + ".blocks"
    }

    /// 16 of them, hexadecimal.
    static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The number in a segment's name; nil for any other name.
    static func number(ofName candidate: String) -> UInt64? {
        guard candidate.utf8.count == 23, let number = UInt64(candidate.prefix(16), radix: 16),
            name(number) == candidate
        else { return nil }
        return number
    }
}

/// The start of a segment: `fseal-sp`, u32 version, 4 zero bytes, 16 bytes epoch, u64 number, u64 sequence of the first
/// block, 16 bytes checksum (SHA-256 of all before, cut).
struct SegmentHeader: Hashable {
    let epoch: EventIdentifier
    let number: UInt64
    let firstSequence: UInt64

    var encoded: [UInt8] {
        var bytes = SegmentFormat.magic
        bytes.append(bigEndian: SegmentFormat.version)
        bytes.append(bigEndian: UInt32(0))
        bytes += epoch.bytes
        bytes.append(bigEndian: number)
        bytes.append(bigEndian: firstSequence)
        return bytes + TreeHash(sha256: bytes).bytes.prefix(SegmentFormat.checksumBytes)
    }

    init(epoch: EventIdentifier, number: UInt64, firstSequence: UInt64) {
        self.epoch = epoch
        self.number = number
        self.firstSequence = firstSequence
    }

    /// nil unless these are the bytes of a header.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == SegmentFormat.headerBytes,
            let epoch = EventIdentifier(UnsafeRawBufferPointer(rebasing: bytes[16..<32]))
        else { return nil }
        self.init(epoch: epoch, number: bytes.bigEndian(at: 32), firstSequence: bytes.bigEndian(at: 40))
        guard bytes.elementsEqual(encoded) else { return nil }
    }
}

/// The start of a record: u32 length of the block, u16 length of the signature, u16 flags, u64 sequence, 16 bytes checksum
/// (SHA-256 of these 16 bytes, the block's SHA-256 and the signature, cut). The block and the signature follow.
struct RecordHeader: Hashable {
    /// The first block of a group that was made durable together.
    static let startsGroup: UInt16 = 1

    let blockLength: Int
    let signatureLength: Int
    let flags: UInt16
    let sequence: UInt64

    var recordLength: Int { SegmentFormat.recordHeaderBytes + blockLength + signatureLength }

    /// nil where a length or a flag is out of range.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let length: UInt32 = bytes.bigEndian(at: 0)
        let signature: UInt16 = bytes.bigEndian(at: 4)
        flags = bytes.bigEndian(at: 6)
        sequence = bytes.bigEndian(at: 8)
        guard length > 0, length <= UInt32(BlockLimits.bytes), signature <= UInt16(SegmentFormat.maximumSignatureBytes),
            flags & ~Self.startsGroup == 0
        else { return nil }
        blockLength = Int(length)
        signatureLength = Int(signature)
    }

    init(blockLength: Int, signatureLength: Int, flags: UInt16, sequence: UInt64) {
        self.blockLength = blockLength
        self.signatureLength = signatureLength
        self.flags = flags
        self.sequence = sequence
    }

    /// The first 16 bytes.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt32(blockLength))
        bytes.append(bigEndian: UInt16(signatureLength))
        bytes.append(bigEndian: flags)
        bytes.append(bigEndian: sequence)
        return bytes
    }

    func checksum(blockHash: TreeHash, signature: [UInt8]) -> ArraySlice<UInt8> {
        TreeHash(sha256: encoded + blockHash.bytes + signature).bytes.prefix(SegmentFormat.checksumBytes)
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// The caller has made sure of the bytes.
    func bigEndian<Value: FixedWidthInteger>(at offset: Int) -> Value {
        Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
