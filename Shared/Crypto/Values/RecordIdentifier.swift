/// The identity of a row, encoded column by column in the catalog's order so that every SDK says the same bytes for 42,
/// "42" and a UUID. Reusable: ``removeAll()`` keeps the storage.
public struct RecordIdentifier: Hashable, Sendable {
    /// The longest encoding, in bytes.
    public static let maximumCount = 4096

    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var isEmpty: Bool { bytes.isEmpty }
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    public mutating func append(integer: Int64) throws(CryptoError) {}
    /// - Throws: ``CryptoError`` `.text` when not valid UTF-8; `.size` beyond ``maximumCount``.
    public mutating func append(text: UnsafeRawBufferPointer) throws(CryptoError) {}
    public mutating func append(text: String) throws(CryptoError) {}
    public mutating func append(uuid: ObjectID) throws(CryptoError) {}
    public mutating func append(binary: UnsafeRawBufferPointer) throws(CryptoError) {}
    /// Days since 1970-01-01.
    public mutating func append(date: Int32) throws(CryptoError) {}

    public func withUnsafeBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
