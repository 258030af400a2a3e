internal import Glibc
@_spi(CustomByteBufferAllocator) internal import NIOCore

/// The bytes of a request or an answer, in memory that is wiped when it is freed or outgrown: bodies carry tokens and,
/// to a key management service, key material. What TLS and the kernel copied on the way is not wiped.
public struct HTTPBody: Sendable {
    var buffer: ByteBuffer

    public init(reserving count: Int = 0) {
        buffer = Self.allocator.buffer(capacity: count)
    }

    public init(_ bytes: [UInt8]) {
        self.init(reserving: bytes.count)
        append(bytes)
    }

    public init(_ text: String) {
        self.init(reserving: text.utf8.count)
        append(text)
    }

    public var count: Int { buffer.readableBytes }

    public mutating func append(_ bytes: [UInt8]) { buffer.writeBytes(bytes) }
    public mutating func append(_ text: String) { buffer.writeString(text) }

    /// Appends `count` bytes that `fill` writes.
    public mutating func append<Failure>(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var failure: Failure?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
            do throws(Failure) {
                try fill(UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
                return count
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
    }

    /// Lends the bytes to `body`, which must not keep the pointer.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try buffer.withUnsafeReadableBytes(body)
    }

    /// A copy that nobody wipes.
    public var bytes: [UInt8] { Array(buffer.readableBytesView) }

    private static let allocator = ByteBufferAllocator(
        allocate: { WipedHeap.allocate($0) },
        reallocate: { old, held, count in
            guard let made = WipedHeap.allocate(count) else { return nil }
            guard let old else { return made }
            memcpy(made, old, min(held, count))
            WipedHeap.release(old)
            return made
        },
        deallocate: { WipedHeap.release($0) },
        copy: { memcpy($0, $1, $2) })
}

/// Heap blocks in front of which stands their size.
private enum WipedHeap {
    /// Keeps malloc's alignment.
    static let prefix = 16

    static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        let (size, overflow) = count.addingReportingOverflow(prefix)
        guard !overflow, let block = malloc(size) else { return nil }
        block.storeBytes(of: count, as: Int.self)
        return block + prefix
    }

    static func release(_ bytes: UnsafeMutableRawPointer) {
        let block = bytes - prefix
        explicit_bzero(bytes, block.load(as: Int.self))
        free(block)
    }
}
