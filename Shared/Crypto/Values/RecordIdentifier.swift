/// The identity of a row, encoded column by column in the catalog's order so that every SDK says the same bytes for 42,
/// "42" and a UUID. Reusable: ``removeAll()`` keeps the storage.
///
/// A column is a type tag, its u32 length and its value; integers are big endian and always eight bytes, so that
/// widening a column changes nothing.
public struct RecordIdentifier: Hashable, Sendable {
    /// The longest encoding, in bytes.
    public static let maximumCount = 4096

    private enum Tag {
        static let integer: UInt8 = 1
        static let text: UInt8 = 2
        static let uuid: UInt8 = 3
        static let binary: UInt8 = 4
        static let date: UInt8 = 5
    }

    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var isEmpty: Bool { bytes.isEmpty }

    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    public mutating func append(integer: Int64) throws(CryptoError) {
        try begin(Tag.integer, count: 8)
        bytes.append(bigEndian: integer)
    }

    /// - Throws: ``CryptoError`` `.text` when not valid UTF-8; `.size` beyond ``maximumCount``.
    public mutating func append(text: UnsafeRawBufferPointer) throws(CryptoError) {
        guard text.isUTF8 else { throw CryptoError(.text) }
        try begin(Tag.text, count: text.count)
        bytes.append(contentsOf: text)
    }

    public mutating func append(text: String) throws(CryptoError) {
        try Array(text.utf8).withBytes { utf8 throws(CryptoError) in try append(text: utf8) }
    }

    public mutating func append(uuid: ObjectID) throws(CryptoError) {
        try begin(Tag.uuid, count: ObjectID.byteCount)
        bytes.append(id: uuid)
    }

    public mutating func append(binary: UnsafeRawBufferPointer) throws(CryptoError) {
        try begin(Tag.binary, count: binary.count)
        bytes.append(contentsOf: binary)
    }

    /// Days since 1970-01-01.
    public mutating func append(date: Int32) throws(CryptoError) {
        try begin(Tag.date, count: 4)
        bytes.append(bigEndian: date)
    }

    public func withUnsafeBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(body)
    }

    private mutating func begin(_ tag: UInt8, count: Int) throws(CryptoError) {
        guard count <= Self.maximumCount, bytes.count + 5 + count <= Self.maximumCount else {
            throw CryptoError(.size)
        }
        bytes.append(tag)
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: count))
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are well-formed UTF-8 (RFC 3629).
    var isUTF8: Bool {
        if allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: self, as: UTF8.self) != nil
    }
}
