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
        var used: Int
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
    private let allocator: UnsafeMutablePointer<ProtobufCAllocator>

    /// Whether an allocation was refused since the last `reset()`.
    public private(set) var isExhausted = false

    /// - Parameters:
    ///   - limit: most bytes between two resets.
    ///   - retained: bytes kept for the next use by `reset()`; what is beyond goes back to the system.
    public init(limit: Int = MessageArena.defaultLimit, retained: Int = 1 << 20) {
        self.limit = min(max(limit, 0), Self.largestLimit)
        self.retained = retained
        allocator = .allocate(capacity: 1)
        allocator.initialize(to: ProtobufCAllocator())
        allocator.pointee.allocator_data = Unmanaged.passUnretained(self).toOpaque()
        allocator.pointee.alloc = { data, size in
            data.flatMap { Unmanaged<MessageArena>.fromOpaque($0).takeUnretainedValue().allocate(size) }
        }
        allocator.pointee.free = { _, _ in }
    }

    deinit {
        for chunk in chunks {
            wipe(chunk)
            free(chunk.base)
        }
        allocator.deallocate()
    }

    /// Wipes what was allocated and takes it back. Everything that was unpacked into the arena is invalid from here on.
    public func reset() {
        var kept = 0
        var count = 0
        for index in chunks.indices {
            wipe(chunks[index])
            if kept + chunks[index].capacity <= retained {
                kept += chunks[index].capacity
                chunks[index].used = 0
                chunks.swapAt(index, count)
                count += 1
            } else {
                free(chunks[index].base)
            }
        }
        chunks.removeLast(chunks.count - count)
        reserved = kept
        current = 0
        isExhausted = false
    }

    /// The arena as protobuf-c knows it; valid as long as the arena lives.
    var protobufCAllocator: UnsafeMutablePointer<ProtobufCAllocator> { allocator }

    /// `size` bytes aligned to 16, or nil past the limit.
    func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= 0, size <= limit else { return refuse() }
        let rounded = (max(size, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        while current < chunks.count {
            let used = chunks[current].used
            if chunks[current].capacity - used >= rounded {
                chunks[current].used = used + rounded
                return chunks[current].base + used
            }
            if current + 1 == chunks.count { break }
            current += 1
        }
        return allocateInNewChunk(rounded)
    }

    private func allocateInNewChunk(_ size: Int) -> UnsafeMutableRawPointer? {
        let wanted = chunks.last.map { min($0.capacity * 2, Self.largestChunk) } ?? Self.firstChunk
        let capacity = max(size, min(wanted, limit - reserved))
        guard capacity <= limit - reserved, let base = malloc(capacity) else { return refuse() }
        chunks.append(Chunk(base: base, capacity: capacity, used: size))
        reserved += capacity
        current = chunks.count - 1
        return base
    }

    private func refuse() -> UnsafeMutableRawPointer? {
        isExhausted = true
        return nil
    }

    private func wipe(_ chunk: Chunk) {
        explicit_bzero(chunk.base, chunk.used)
    }
}
