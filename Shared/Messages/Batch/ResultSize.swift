/// The bytes that a result takes in the encoding of a batch's answer; see `ResultWriter`.
public enum ResultSize {
    /// Of `ResultWriter.value`, without what follows in the result unless given as `trailing`.
    @inlinable
    public static func value(count: Int, trailing: Int = 0) -> Int {
        element(element(count) + trailing)
    }

    /// Of `ResultWriter.indexes` with what follows.
    @inlinable
    public static func indexes(trailing: Int) -> Int {
        element(trailing)
    }

    /// Of a blind index of `count` bytes; to be summed up as `trailing`.
    @inlinable
    public static func index(count: Int) -> Int {
        element(count)
    }

    /// Of `ResultWriter.changed`; a `trailing`.
    public static let changed = 2

    /// Of `ResultWriter.error` and `ResultWriter.blindIndexError`.
    @inlinable
    public static func error(code: Int32, message: String) -> Int {
        element(element(itemError(code: code, message: message)))
    }

    @inlinable
    static func itemError(code: Int32, message: String) -> Int {
        (code == 0 ? 0 : 1 + varint(UInt64(bitPattern: Int64(code))))
            + (message.utf8.isEmpty ? 0 : element(message.utf8.count))
    }

    /// A length-delimited field with a number below 16.
    @inlinable
    static func element(_ count: Int) -> Int {
        1 + varint(UInt64(count)) + count
    }

    @inlinable
    static func varint(_ value: UInt64) -> Int {
        max(1, (64 - value.leadingZeroBitCount + 6) / 7)
    }
}
