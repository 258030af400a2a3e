import FieldsealServiceRuntime

/// What the encryption service reads of its configuration beside what all servers read.
struct Configuration: Sendable {
    /// The key management servers and the identity expected there.
    let keys: PeerConfiguration
    /// Seconds that a key is kept at most.
    let cacheTTL: UInt32
    /// Selectors held; a field takes two, an older version of its key one more.
    let cacheCapacity: Int
    /// The same for keys of subjects; one that is sealed with takes two.
    let subjectCapacity: Int
    /// Keyed cipher contexts on each event loop.
    let keyedCiphers: Int

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        keys = try section.peer("keys")
        let cache = try section.section("cache")
        cacheTTL = UInt32(clamping: try cache.integer("ttl-seconds", default: 300, in: 1...3_600))
        cacheCapacity = try cache.integer("capacity", default: 4_096, in: 16...65_536)
        subjectCapacity = try cache.integer("subject-capacity", default: 4_096, in: 16...65_536)
        keyedCiphers = try cache.integer("keyed-ciphers", default: 256, in: 8...4_096)
    }
}
