import CFieldsealProtobufC

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A capped bump allocator that protobuf-c unpacks into.
///
/// Small frames can hold big messages (4 MiB of empty items unpack to 275 MB), so what one message may take is bounded:
/// past `limit` bytes protobuf-c gets NULL and the decoding ends with `MessageError.Code.tooLarge`. What was used is wiped
/// by `reset()` and at the end, since plaintext and sealed keys pass through here.
public final class MessageArena {
    /// What one message may take where the caller says nothing: 16 times the largest frame.
    public static let defaultLimit = 64 << 20

    private struct Chunk {
        let base: UnsafeMutableRawPointer
        let capacity: Int
        /// Of a chunk that is not the current one.
        var used = 0
    }

    /// The free end of the current chunk. Plain memory: protobuf-c allocates several times an item, and a class's properties
    /// cost a check of exclusivity each time.
    private struct Bump {
        /// First, so that a pointer to it is one to the whole.
        var allocator: ProtobufCAllocator
        var next: UnsafeMutableRawPointer?
        /// Bytes from `next` on; a multiple of `alignment`.
        var remaining: Int
        let arena: Unmanaged<MessageArena>
    }

    private static let alignment = 16
    private static let firstChunk = 16 << 10
    private static let largestChunk = 4 << 20
    private static let largestLimit = 1 << 40

    private let limit: Int
    private let retained: Int
    private var chunks: [Chunk] = []
    private var current = 0
    private var reserved = 0
    private let bump: UnsafeMutablePointer<Bump>

    /// Whether an allocation was refused since the last `reset()`.
    public private(set) var isExhausted = false

    /// - Parameters:
    ///   - limit: most bytes between two resets.
    ///   - retained: bytes kept for the next use by `reset()`; what is beyond goes back to the system.
    public init(limit: Int = MessageArena.defaultLimit, retained: Int = 1 << 20) {
        self.limit = min(max(limit, 0), Self.largestLimit)
        self.retained = retained
        bump = .allocate(capacity: 1)
        let allocator = ProtobufCAllocator(
            alloc: { data, size in
                data.flatMap { MessageArena.allocate(size, from: $0.assumingMemoryBound(to: Bump.self)) }
            }, free: { _, _ in }, allocator_data: bump)
        bump.initialize(to: Bump(allocator: allocator, next: nil, remaining: 0, arena: .passUnretained(self)))
    }

    deinit {
        leaveChunk()
        for chunk in chunks {
            explicit_bzero(chunk.base, chunk.used)
            free(chunk.base)
        }
        bump.deallocate()
    }

    /// Wipes what was allocated and takes it back. Everything that was unpacked into the arena is invalid from here on.
    public func reset() {
        leaveChunk()
        for index in chunks.indices {
            explicit_bzero(chunks[index].base, chunks[index].used)
            chunks[index].used = 0
        }
        while reserved > retained, !chunks.isEmpty { discardLastChunk() }
        if !chunks.isEmpty { enterChunk(0) }
        isExhausted = false
    }

    /// The arena as protobuf-c knows it; valid as long as the arena lives.
    var protobufCAllocator: UnsafeMutablePointer<ProtobufCAllocator> {
        UnsafeMutableRawPointer(bump).assumingMemoryBound(to: ProtobufCAllocator.self)
    }

    /// `size` bytes aligned to 16, or nil past the limit.
    func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        Self.allocate(size, from: bump)
    }

    @inline(__always)
    private static func allocate(_ size: Int, from bump: UnsafeMutablePointer<Bump>) -> UnsafeMutableRawPointer? {
        guard size >= 0, size <= bump.pointee.remaining, let next = bump.pointee.next else {
            return bump.pointee.arena.takeUnretainedValue().allocateElsewhere(size)
        }
        let rounded = (size + alignment - 1) & ~(alignment - 1)
        bump.pointee.next = next + rounded
        bump.pointee.remaining -= rounded
        return next
    }

    /// In the next chunk with room for it.
    @inline(never)
    private func allocateElsewhere(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= 0, size <= limit else { return refuse() }
        leaveChunk()
        while current + 1 < chunks.count {
            enterChunk(current + 1)
            if size <= chunks[current].capacity { return allocate(size) }
        }
        leaveChunk()
        // what is kept from earlier uses and too small counts against the limit
        while let last = chunks.last, last.used == 0 { discardLastChunk() }
        let rounded = (max(size, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        let wanted = chunks.last.map { min($0.capacity * 2, Self.largestChunk) } ?? Self.firstChunk
        let capacity = max(rounded, min(wanted, (limit - reserved) & ~(Self.alignment - 1)))
        guard capacity <= limit - reserved, let base = malloc(capacity) else { return refuse() }
        chunks.append(Chunk(base: base, capacity: capacity))
        reserved += capacity
        enterChunk(chunks.count - 1)
        return allocate(size)
    }

    private func enterChunk(_ index: Int) {
        current = index
        bump.pointee.next = chunks[index].base
        bump.pointee.remaining = chunks[index].capacity
    }

    /// Notes what was used of the current chunk.
    private func leaveChunk() {
        guard bump.pointee.next != nil else { return }
        chunks[current].used = chunks[current].capacity - bump.pointee.remaining
        bump.pointee.next = nil
        bump.pointee.remaining = 0
    }

    private func discardLastChunk() {
        let chunk = chunks.removeLast()
        free(chunk.base)
        reserved -= chunk.capacity
    }

    private func refuse() -> UnsafeMutableRawPointer? {
        isExhausted = true
        return nil
    }
}
