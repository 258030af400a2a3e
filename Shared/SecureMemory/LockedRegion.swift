internal import CFieldsealPlatform
internal import Glibc

/// A mapping that is locked into RAM, between two guard pages, with its slots. Lives as long as the process.
final class LockedRegion {
    let capacity: Int
    @exclusivity(unchecked) var slabs: SlabAllocator

    init(capacity requested: Int) throws(SecureMemoryError) {
        let page = SlabAllocator.pageSize
        let pageCount = (requested + page - 1) / page
        let size = pageCount * page
        let mapping = mmap(nil, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, mapping != MAP_FAILED else {
            throw SecureMemoryError(.system, "mapping \(size) bytes failed with errno \(errno)")
        }
        let start = mapping + page
        do throws(SecureMemoryError) {
            try Self.protect(start, size)
        } catch {
            munmap(mapping, size + 2 * page)
            throw error
        }
        capacity = size
        slabs = SlabAllocator(start: start, pageCount: pageCount)
    }

    private static func protect(_ start: UnsafeMutableRawPointer, _ size: Int) throws(SecureMemoryError) {
        guard mprotect(start, size, PROT_READ | PROT_WRITE) == 0 else {
            throw SecureMemoryError(.system, "opening \(size) bytes of the arena failed with errno \(errno)")
        }
        guard mlock(start, size) == 0 else { throw lockFailure(need: size, cause: errno) }
        let error = fieldseal_exclude_from_dumps_and_forks(start, size)
        guard error == 0 else {
            throw SecureMemoryError(.system, "excluding the arena from core dumps failed with errno \(error)")
        }
    }

    private static func lockFailure(need: Int, cause: Int32) -> SecureMemoryError {
        let limit = fieldseal_memory_lock_limit()
        let allowed = limit == .max ? "unlimited" : "\(limit) bytes"
        return SecureMemoryError(
            .lockLimit,
            """
            cannot lock \(need) bytes of memory for keys (errno \(cause)): RLIMIT_MEMLOCK is \(allowed); \
            raise it with `ulimit -l`, LimitMEMLOCK= in a systemd unit or `--ulimit memlock=` in a container
            """)
    }

    /// A zeroed slot, or nil when the region is full.
    func allocate(_ count: Int) -> UnsafeMutableRawPointer? { slabs.allocate(count) }

    /// Wipes a slot over its whole capacity and takes it back.
    func release(_ pointer: UnsafeMutableRawPointer) {
        fieldseal_wipe(pointer, slabs.capacity(of: pointer))
        slabs.release(pointer)
    }
}
