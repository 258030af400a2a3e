internal import Glibc

/// The one region of locked memory in which the process's secrets live: between guard pages, left out of core dumps,
/// zeroed in a forked child, wiped slot by slot on release.
public enum SecureArena {
    /// 6 MiB: below the memory lock limit that Linux gives to plain users, 8 MiB.
    public static let defaultCapacity = 6 << 20
    /// The capacity of the arena that a secret makes where none was started: in clients and tests.
    static let lazyCapacity = 1 << 20

    /// Spins a little before it sleeps: libcrypto allocates all the time, and briefly. Swift's `Mutex` passes through the kernel
    /// (priority inheritance) whenever two threads meet.
    nonisolated(unsafe) private static let lock: UnsafeMutablePointer<pthread_mutex_t> = {
        let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
        pthread_mutex_init(lock, &attributes)
        return lock
    }()
    /// Touched under `lock` only.
    @exclusivity(unchecked) nonisolated(unsafe) private static var region: LockedRegion?

    /// How full the arena is, in bytes.
    public struct Usage: Hashable, Sendable {
        public let capacity: Int
        /// Counted in whole pages.
        public let used: Int
    }

    /// How full the arena is; nil before its first use.
    public static var usage: Usage? {
        locked {
            region.map { Usage(capacity: $0.capacity, used: $0.slabs.pagesInUse * SlabAllocator.pageSize) }
        }
    }

    /// Locks `capacity` bytes, rounded up to pages, and makes libcrypto allocate there. The first act of `main`.
    ///
    /// - Throws: ``SecureMemoryError`` `.lockLimit` naming RLIMIT_MEMLOCK and the need; `.alreadyStarted`;
    ///   `.libraryInUse` when libcrypto has allocated before.
    public static func start(capacity: Int = defaultCapacity) throws(SecureMemoryError) {
        guard capacity > 0, capacity <= 1 << 32 else {
            throw SecureMemoryError(.invalidCount, "the arena's capacity must be between 1 byte and 4 GiB")
        }
        try locked { () throws(SecureMemoryError) in
            guard region == nil else {
                throw SecureMemoryError(.alreadyStarted, "the secure arena is in use already")
            }
            region = try LockedRegion(capacity: capacity)
        }
        try LibraryMemory.install()
    }

    static func allocateSecret(_ count: Int) throws(SecureMemoryError) -> UnsafeMutableRawPointer {
        try locked { () throws(SecureMemoryError) in
            if region == nil { region = try LockedRegion(capacity: lazyCapacity) }
            guard let slot = region?.allocate(count) else {
                throw SecureMemoryError(.exhausted, "the secure arena has no room for \(count) bytes more")
            }
            return slot
        }
    }

    /// A zeroed slot, or nil when the arena is full or not started.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        locked { region?.allocate(count) }
    }

    /// The room of the slot at `pointer`; nil where it is not one of the arena's.
    static func capacity(of pointer: UnsafeRawPointer) -> Int? {
        locked { owner(of: pointer)?.slabs.capacity(of: pointer) }
    }

    /// Wipes and takes back a slot; false where it is not one of the arena's.
    @discardableResult
    static func release(_ pointer: UnsafeMutableRawPointer) -> Bool {
        locked {
            guard let region = owner(of: pointer) else { return false }
            region.release(pointer)
            return true
        }
    }

    private static func owner(of pointer: UnsafeRawPointer) -> LockedRegion? {
        region.flatMap { $0.slabs.contains(pointer) ? $0 : nil }
    }

    private static func locked<Success, Failure>(_ body: () throws(Failure) -> Success) throws(Failure) -> Success {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body()
    }
}
