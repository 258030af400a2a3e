internal import CFieldsealPlatform
internal import FieldsealSecureMemory

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

    /// The kernel's coarse clocks (resolution: 1 to 10 ms).
    public static func now() -> NonceClockReading {
        NonceClockReading(monotonic: fieldseal_coarse_monotonic_time(), realTime: fieldseal_coarse_real_time())
    }

    /// Whether a block filled at this reading has to be dropped at `now`.
    func isStale(at now: NonceClockReading) -> Bool {
        let age = Int64(bitPattern: now.monotonic &- monotonic)
        guard age >= 0, age < NonceSource.lifetime else { return true }
        let drift = Int64(bitPattern: now.realTime &- realTime) &- age
        return drift.magnitude > UInt64(NonceSource.clockJump)
    }
}

/// Random nonces for one event loop, in blocks of 4 KiB. Not thread-safe.
///
/// A block is the AES-256-CTR keystream of 32 fresh bytes from the kernel's CSPRNG, which alone takes several times as long
/// for 4 KiB. It is dropped after a second, and when the real-time clock departs from the monotonic one by more than 100 ms,
/// so that a resumed or cloned machine does not repeat it; what was used of it is wiped. A forked child finds the block
/// zeroed by the kernel, reads that as empty and repeats nothing.
public final class NonceSource {
    public static let blockCount = 4096
    /// Nanoseconds after which a block is dropped.
    static let lifetime: Int64 = 1_000_000_000
    /// Nanoseconds of disagreement between the clocks that count as a jump.
    static let clockJump: Int64 = 100_000_000
    /// In front of the random bytes stands the offset of the first unused one; 0: none is left.
    static let prefix = 16

    private let keystream: BlockCipher
    private let clock: () -> NonceClockReading
    private let memory: SecretBytes
    let block: UnsafeMutableRawPointer
    private(set) var refills = 0
    private var filled = NonceClockReading(monotonic: 0, realTime: 0)

    /// - Parameter clock: read at each draw.
    public init(clock: @escaping () -> NonceClockReading = NonceClockReading.now) throws(CryptoError) {
        self.clock = clock
        keystream = try BlockCipher()
        memory = try SecretBytes.zeros(Self.blockCount)
        guard let start = memory.unsafeStart else { throw CryptoError(.memory) }
        block = start
    }

    /// Fills `output` (at most 24 bytes) with random bytes that were never used before.
    public func draw(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard let destination = output.baseAddress, output.count <= 24 else { throw CryptoError(.size) }
        let now = clock()
        var offset = block.load(as: Int.self)
        if offset == 0 || offset + output.count > Self.blockCount || filled.isStale(at: now) {
            try refill(at: now)
            offset = Self.prefix
        }
        destination.copyMemory(from: block + offset, byteCount: output.count)
        fieldseal_wipe(block + offset, output.count)
        block.storeBytes(of: offset + output.count, as: Int.self)
    }

    private func refill(at now: NonceClockReading) throws(CryptoError) {
        block.storeBytes(of: 0, as: Int.self)
        let seed = block + Self.prefix
        guard fieldseal_random(seed, 32) == 0 else { throw CryptoError(.library) }
        try keystream.setKey(seed)
        for offset in stride(from: Self.prefix, to: Self.blockCount, by: BlockCipher.blockCount) {
            Block(low: UInt64(offset)).write(to: block + offset)
        }
        try keystream.encrypt(
            UnsafeMutableRawBufferPointer(start: seed, count: Self.blockCount - Self.prefix))
        filled = now
        refills &+= 1
    }
}
