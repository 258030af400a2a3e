internal import CFieldsealPlatform

/// A secret in locked memory that is left out of core dumps and wiped when it goes out of use.
///
/// It cannot be copied by accident, printed or encoded; its bytes are reachable inside a closure only. Slots are
/// compact (16 bytes and up), so that thousands of keys fit in the usual memory lock limit.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is owned by this value alone and changes only under exclusive access.
    private let start: UnsafeMutableRawPointer?

    /// The number of bytes.
    public let count: Int

    /// A secret of `count` zero bytes.
    ///
    /// - Throws: ``SecureMemoryError`` when the arena is exhausted or cannot be made.
    public init(count: Int) throws(SecureMemoryError) {
        guard count >= 0 else { throw SecureMemoryError(.invalidCount, "a secret cannot have a negative size") }
        self.start = count == 0 ? nil : try SecureArena.allocateSecret(count)
        self.count = count
    }

    /// A secret with a copy of `bytes`; the caller wipes its own.
    public init(copying bytes: UnsafeRawBufferPointer) throws(SecureMemoryError) {
        try self.init(count: bytes.count)
        if let source = bytes.baseAddress { start?.copyMemory(from: source, byteCount: bytes.count) }
    }

    /// A secret with a copy of `bytes`, for values that are not secret before, such as test vectors.
    public init(copying bytes: [UInt8]) throws(SecureMemoryError) {
        try self.init(count: bytes.count)
        bytes.withUnsafeBytes { source in
            if let source = source.baseAddress { start?.copyMemory(from: source, byteCount: count) }
        }
    }

    /// `count` bytes from the kernel's CSPRNG.
    public static func random(count: Int) throws(SecureMemoryError) -> SecretBytes {
        let secret = try SecretBytes(count: count)
        guard let start = secret.start else { return secret }
        let error = fieldseal_random(start, count)
        guard error == 0 else { throw SecureMemoryError(.system, "getrandom failed with errno \(error)") }
        return secret
    }

    /// Lends the bytes to `body`, which must not keep the pointer.
    public borrowing func withUnsafeBytes<Result: ~Copyable, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Lends the bytes for writing to `body`, which must not keep the pointer.
    public mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(start: start, count: count))
    }

    /// The bytes' address while the secret lives, for owners that keep it as their working memory; nil when empty.
    package var unsafeStart: UnsafeMutableRawPointer? { start }

    /// A second secret with the same bytes.
    public borrowing func copy() throws(SecureMemoryError) -> SecretBytes {
        try SecretBytes(copying: UnsafeRawBufferPointer(start: start, count: count))
    }

    deinit {
        if let start { SecureArena.release(start) }
    }
}

/// Whether both hold the same bytes, in time that depends on their lengths alone.
public func constantTimeEquals(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let a = left.baseAddress, let b = right.baseAddress else { return true }
    return fieldseal_equal(a, b, left.count)
}

/// Whether both hold the same bytes, in time that depends on their lengths alone.
public func constantTimeEquals(_ left: borrowing SecretBytes, _ right: borrowing SecretBytes) -> Bool {
    left.withUnsafeBytes { a in right.withUnsafeBytes { b in constantTimeEquals(a, b) } }
}

/// Overwrites `bytes` with zeros; never optimised away.
public func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    if let start = bytes.baseAddress { fieldseal_wipe(start, bytes.count) }
}
