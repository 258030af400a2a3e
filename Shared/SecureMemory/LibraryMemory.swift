internal import CFieldsealOpenSSL
internal import CFieldsealPlatform
internal import Glibc

/// libcrypto's heap: its contexts hold raw keys, so they live in the arena too.
///
/// What exceeds ``largest`` (the tables of scrypt: 128 MiB and more) cannot be locked under a plain user's limit; it
/// gets a mapping of its own that is left out of core dumps and wiped when freed.
enum LibraryMemory {
    static let largest = 256 << 10
    /// In front of a mapping's bytes stands its size.
    private static let prefix = SlabAllocator.pageSize

    static func install() throws(SecureMemoryError) {
        let installed = CRYPTO_set_mem_functions(
            { count, _, _ in LibraryMemory.allocate(count) },
            { pointer, count, _, _ in LibraryMemory.reallocate(pointer, count) },
            { pointer, _, _ in LibraryMemory.release(pointer) })
        guard installed == 1 else {
            throw SecureMemoryError(
                .libraryInUse, "libcrypto has allocated already; the secure arena must be started first of all")
        }
    }

    static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count > 0 else { return nil }
        return count <= largest ? SecureArena.allocate(count) : map(count)
    }

    static func reallocate(_ pointer: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeMutableRawPointer? {
        guard let pointer else { return allocate(count) }
        guard count > 0 else {
            release(pointer)
            return nil
        }
        let room = SecureArena.capacity(of: pointer) ?? mappedSize(pointer)
        if count <= room, count > room / 2 || room <= 64 { return pointer }
        guard let moved = allocate(count) else { return nil }
        moved.copyMemory(from: pointer, byteCount: min(count, room))
        release(pointer)
        return moved
    }

    static func release(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer, !SecureArena.release(pointer) else { return }
        let size = mappedSize(pointer)
        fieldseal_wipe(pointer, size)
        munmap(pointer - prefix, size + prefix)
    }

    private static func map(_ count: Int) -> UnsafeMutableRawPointer? {
        let (size, overflow) = count.addingReportingOverflow(prefix)
        guard !overflow else { return nil }
        let mapping = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, mapping != MAP_FAILED else { return nil }
        guard fieldseal_exclude_from_dumps_and_forks(mapping, size) == 0 else {
            munmap(mapping, size)
            return nil
        }
        mapping.storeBytes(of: count, as: Int.self)
        return mapping + prefix
    }

    private static func mappedSize(_ pointer: UnsafeMutableRawPointer) -> Int {
        (pointer - prefix).load(as: Int.self)
    }
}
