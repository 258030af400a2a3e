import FieldsealSecureMemory

/// Memory of one event loop for values on their way, reused from call to call. What stood in it is wiped by `reset`.
final class Scratch {
    private static let kept = 1 << 20

    @exclusivity(unchecked) private var memory: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var used = 0
    @exclusivity(unchecked) private var touched = 0

    init() {
        memory = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        wipe(memory)
        memory.deallocate()
    }

    /// Makes room for `count` bytes in all. Nothing of it may be in use.
    func prepare(_ count: Int) {
        reset()
        guard count > memory.count else { return }
        memory.deallocate()
        memory = .allocate(byteCount: count, alignment: 16)
    }

    /// `count` bytes; nil where less was prepared.
    @inline(__always)
    func take(_ count: Int) throws(ItemFailure) -> UnsafeMutableRawBufferPointer {
        guard count >= 0, count <= memory.count - used else { throw .unexpected }
        defer { used += count }
        return UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + count])
    }

    /// Takes back what `body` takes, so that the next item finds the same room; it stays to be wiped.
    @inline(__always)
    func temporarily<Result>(_ body: () throws(ItemFailure) -> Result) throws(ItemFailure) -> Result {
        let start = used
        defer {
            touched = max(touched, used)
            used = start
        }
        return try body()
    }

    /// Wipes what was taken and takes it back.
    func reset() {
        touched = max(touched, used)
        guard touched > 0 else { return }
        wipe(UnsafeMutableRawBufferPointer(rebasing: memory[..<touched]))
        used = 0
        touched = 0
        if memory.count > Self.kept {
            memory.deallocate()
            memory = .allocate(byteCount: Self.kept, alignment: 16)
        }
    }
}
