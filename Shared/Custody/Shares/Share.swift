public import FieldsealCrypto
public import FieldsealSecureMemory

/// One making of shares: `threshold` of `count` open it.
public struct ShareSet: Hashable, Sendable {
    public static let counts: ClosedRange<UInt8> = 2...16

    public let id: ObjectID
    public let threshold: UInt8
    public let count: UInt8

    /// Nil unless 2 ≤ threshold ≤ count ≤ 16.
    public init?(id: ObjectID, threshold: UInt8, count: UInt8) {
        guard Self.counts.contains(count), (2...count).contains(threshold) else { return nil }
        self.id = id
        self.threshold = threshold
        self.count = count
    }

    /// 16 bytes id ‖ u8 threshold ‖ u8 count.
    static let byteCount = 18
    var bytes: [UInt8] { id.bytes + [threshold, count] }

    init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount, let id = ObjectID(bytes: Array(bytes[..<16])) else { return nil }
        self.init(id: id, threshold: bytes[16], count: bytes[17])
    }
}

/// Why a share, or a number of them, was refused. Holds nothing of a share but its number.
public enum ShareError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No share at all, or of an unknown format.
    case malformed
    /// The checksum does not hold; the number is what stands in the share.
    case mistyped(index: UInt8)
    /// Not sealed to this process, or altered on the way.
    case notSealed
    /// The shares are of several sets, too few, or one was altered with its checksum.
    case wrongCombination

    public var description: String {
        switch self {
        case .malformed: "this is no share; a share begins with \(Share.prefix)"
        case .mistyped(let index): "share \(index) is mistyped: its checksum does not hold"
        case .notSealed: "the share is not sealed to this process"
        case .wrongCombination: "the shares do not open the master key together"
        }
    }
}

/// One person's part of the unseal key.
///
/// 56 bytes: u8 format 1 ‖ set (18) ‖ u8 index ‖ 32 bytes value ‖ 4 bytes checksum, which are the first of
/// SHA-256("fieldseal/v1 share" ‖ what stands before). As text: `fss1:` and 90 digits of base32 (RFC 4648, small
/// letters, no padding).
public struct Share: Sendable {
    public static let prefix = "fss1:"
    public static let byteCount = 2 + ShareSet.byteCount + valueCount + checksumCount
    static let valueCount = 32
    static let checksumCount = 4
    private static let format: UInt8 = 1
    private static let label = Array("fieldseal/v1 share".utf8)

    public let set: ShareSet
    /// From 1 to the set's count.
    public let index: UInt8
    let value: SharedSecret

    init(set: ShareSet, index: UInt8, value: SharedSecret) {
        self.set = set
        self.index = index
        self.value = value
    }

    public func encoded() throws -> SecretBytes {
        var encoded = try SecretBytes(count: Self.byteCount)
        try encoded.withUnsafeMutableBytes { output in
            output[0] = Self.format
            output[1...].copyBytes(from: set.bytes)
            output[1 + ShareSet.byteCount] = index
            value.bytes.withUnsafeBytes { output[(2 + ShareSet.byteCount)...].copyBytes(from: $0) }
            let end = output.count - Self.checksumCount
            output[end...].copyBytes(from: try Self.checksum(UnsafeRawBufferPointer(output)))
        }
        return encoded
    }

    /// - Throws: `ShareError` `.malformed` or `.mistyped`.
    public init(decoding encoded: borrowing SecretBytes) throws {
        guard encoded.count == Self.byteCount else { throw ShareError.malformed }
        self = try encoded.withUnsafeBytes { bytes in
            guard bytes[0] == Self.format else { throw ShareError.malformed }
            let index = bytes[1 + ShareSet.byteCount]
            let checksum = try Self.checksum(bytes)
            guard bytes.suffix(Self.checksumCount).elementsEqual(checksum) else {
                throw ShareError.mistyped(index: index)
            }
            guard let set = ShareSet(bytes[1..<(1 + ShareSet.byteCount)]), (1...set.count).contains(index) else {
                throw ShareError.malformed
            }
            let value = UnsafeRawBufferPointer(
                rebasing: bytes[(2 + ShareSet.byteCount)..<(bytes.count - Self.checksumCount)])
            return Share(set: set, index: index, value: SharedSecret(try SecretBytes(copying: value)))
        }
    }

    private static func checksum(_ encoded: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        let hash = try SHA256()
        try hash.update(label)
        try hash.update(UnsafeRawBufferPointer(rebasing: encoded.dropLast(checksumCount)))
        return Array(try hash.finish().prefix(checksumCount))
    }
}
