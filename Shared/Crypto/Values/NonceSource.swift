/// A reading of the clocks by which nonces age.
public struct NonceClockReading: Hashable, Sendable {
    /// Nanoseconds that only rise while the machine runs.
    public var monotonic: UInt64
    /// Nanoseconds since 1970.
    public var realTime: UInt64

    public init(monotonic: UInt64, realTime: UInt64) {
        self.monotonic = monotonic
        self.realTime = realTime
    }
}

/// Random nonces for one event loop, drawn from the CSPRNG in blocks of 4 KiB. Not thread-safe.
///
/// A block is dropped after a second or when the clocks jump, so that a resumed or cloned machine does not repeat it;
/// what was used of it is wiped.
public final class NonceSource {
    public static let blockCount = 4096

    /// - Parameter clock: read at each draw; the kernel's coarse clocks by default.
    public init(clock: @escaping () -> NonceClockReading = { .init(monotonic: 0, realTime: 0) }) throws(CryptoError) {
        throw CryptoError(.library)
    }

    /// Fills `output` (at most 24 bytes) with random bytes that were never used before.
    public func draw(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {}
}
