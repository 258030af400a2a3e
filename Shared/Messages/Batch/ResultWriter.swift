/// Writes the results of a batch's answer straight into the buffer of the reply, where they are sealed or opened in place.
///
/// `EncryptResponse`, `DecryptResponse`, `RewrapResponse`, `RebindResponse` and `BlindIndexResponse` are all `repeated … results
/// = 1`. Their encoding is the results written one after the other; its size is the sum of `ResultSize`. A buffer that is too
/// small is a mistake of the caller and stops the process.
public struct ResultWriter {
    @usableFromInline
    let buffer: UnsafeMutableRawBufferPointer
    /// Bytes written. May be set back to where a result began, to write another in its place.
    public var position = 0

    @inlinable
    public init(into buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
    }

    /// Begins the result of an item that succeeded and has a ciphertext or plaintext.
    /// - Parameters:
    ///   - count: bytes of the value.
    ///   - trailing: `ResultSize.index` and `ResultSize.changed` of what follows in the same result.
    /// - Returns: where the value belongs, of `count` bytes.
    @inlinable
    public mutating func value(count: Int, trailing: Int = 0) -> UnsafeMutableRawBufferPointer {
        begin(ResultSize.element(count) + trailing)
        return element(field: 1, count: count)
    }

    /// Begins the result of a blind index item that succeeded.
    /// - Parameter trailing: the sum of `ResultSize.index` of what follows.
    @inlinable
    public mutating func indexes(trailing: Int) {
        begin(trailing)
    }

    /// A blind index of the `EncryptResult` begun last.
    @inlinable
    public mutating func encryptIndex(count: Int) -> UnsafeMutableRawBufferPointer {
        element(field: 3, count: count)
    }

    /// A blind index of the `BlindIndexResult` begun last.
    @inlinable
    public mutating func blindIndex(count: Int) -> UnsafeMutableRawBufferPointer {
        element(field: 2, count: count)
    }

    /// States that the value of the `RewrapResult` begun last is new.
    @inlinable
    public mutating func changed() {
        byte(3 << 3)
        byte(1)
    }

    /// The result of an item that failed, in all answers but a blind index's.
    @inlinable
    public mutating func error(code: Int32, message: String) {
        error(field: 2, code: code, message: message)
    }

    /// The result of a blind index item that failed.
    @inlinable
    public mutating func blindIndexError(code: Int32, message: String) {
        error(field: 1, code: code, message: message)
    }

    @inlinable
    mutating func error(field: UInt8, code: Int32, message: String) {
        let size = ResultSize.itemError(code: code, message: message)
        begin(ResultSize.element(size))
        byte(field << 3 | 2)
        varint(size)
        if code != 0 {
            byte(1 << 3)
            varint(UInt64(bitPattern: Int64(code)))
        }
        if !message.utf8.isEmpty {
            let slot = element(field: 2, count: message.utf8.count)
            slot.copyBytes(from: message.utf8)
        }
    }

    @inlinable
    mutating func begin(_ count: Int) {
        byte(1 << 3 | 2)
        varint(count)
    }

    @inlinable
    mutating func element(field: UInt8, count: Int) -> UnsafeMutableRawBufferPointer {
        byte(field << 3 | 2)
        varint(count)
        precondition(count <= buffer.count - position, "the buffer is smaller than the results")
        defer { position += count }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[position..<position + count])
    }

    @inlinable
    mutating func varint(_ value: Int) {
        varint(UInt64(value))
    }

    @inlinable
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable
    mutating func byte(_ value: UInt8) {
        buffer[position] = value
        position += 1
    }
}
