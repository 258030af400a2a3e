/// Remembers for a short while what key management does not know, so that a flood of forged version ids is answered
/// from memory.
///
/// Bounded: the oldest entry makes room.
struct NegativeCache<Key: Hashable, Reason> {
    fileprivate struct Entry {
        var reason: Reason
        var expires: BootTime
    }

    private let capacity: Int
    private let ttl: UInt64
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []
    private var oldest = 0

    /// - Parameters:
    ///   - capacity: entries, at least 1.
    ///   - ttl: nanoseconds that an entry holds.
    init(capacity: Int, ttl: UInt64) {
        self.capacity = max(1, capacity)
        self.ttl = ttl
    }

    var count: Int { entries.count }

    func reason(for key: Key, at now: BootTime) -> Reason? {
        guard let entry = entries[key], now < entry.expires else { return nil }
        return entry.reason
    }

    mutating func insert(_ key: Key, reason: Reason, at now: BootTime) {
        let known = entries.updateValue(Entry(reason: reason, expires: now.advanced(by: ttl)), forKey: key) != nil
        guard !known else { return }
        if order.count < capacity {
            order.append(key)
        } else {
            entries.removeValue(forKey: order[oldest])
            order[oldest] = key
            oldest = (oldest + 1) % capacity
        }
    }

    /// Forgets the reason; the key keeps its place in the order of age.
    mutating func expire(_ key: Key) {
        entries[key]?.expires = BootTime(nanoseconds: 0)
    }
}

extension NegativeCache: Sendable where Key: Sendable, Reason: Sendable {}
extension NegativeCache.Entry: Sendable where Key: Sendable, Reason: Sendable {}
