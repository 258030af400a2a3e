/// What the cache asks of an entry.
protocol CachedKey: AnyObject {
    var lifetime: CacheLifetime { get }
    /// Whether the entry was used since the mark was last taken.
    var isUsed: Bool { get }
    /// Reads and clears the mark that the entry was used since it was last asked.
    func takeUseMark() -> Bool
}

/// The bounded cache of field keys: a value, without lock or clock.
///
/// An active key stands under two selectors, its version's and the active one's. Where the cache is full the expired
/// make room, then those unused since the last round (second chance), oldest first.
struct FieldKeyCache<Entry: CachedKey> {
    private let capacity: Int
    private var entries: [KeySelector: Entry] = [:]
    private var order: [KeySelector] = []
    /// Raised by every change; whoever keeps references looks again when it differs.
    private(set) var generation: UInt64 = 1

    /// - Parameter capacity: selectors held, at least 2.
    init(capacity: Int) {
        self.capacity = max(2, capacity)
    }

    var count: Int { entries.count }

    /// The entry, where it may still be used.
    func entry(for selector: KeySelector, at now: BootTime) -> Entry? {
        guard let entry = entries[selector], now < entry.lifetime.expires else { return nil }
        return entry
    }

    /// What is held, whether or not it may still be used.
    var selectors: [KeySelector] { order }

    func holds(_ selector: KeySelector) -> Bool { entries[selector] != nil }

    /// Selectors whose keys are ageing and were used. A version that is the active one is refreshed as the active one.
    func dueForRefresh(at now: BootTime) -> [KeySelector] {
        order.filter { selector in
            guard let entry = entries[selector], entry.isUsed, entry.lifetime.phase(at: now) == .ageing else {
                return false
            }
            return selector.isActive || entries[.active(selector.field)] !== entry
        }
    }

    /// - Parameters:
    ///   - version: the version of `entry`.
    ///   - isActive: whether `entry` was answered as the field's active key.
    mutating func insert(_ entry: Entry, field: String, version: UInt64, isActive: Bool, at now: BootTime) {
        put(entry, under: KeySelector(field: field, version: version), at: now)
        if isActive { put(entry, under: .active(field), at: now) }
        generation &+= 1
    }

    /// Puts the entry under all of these names. No change to who keeps references: they look for a name that they miss.
    mutating func add(_ entry: Entry, under selectors: [KeySelector], at now: BootTime) {
        for selector in selectors { put(entry, under: selector, at: now) }
    }

    /// Forgets all entries of which `condition` holds.
    mutating func removeAll(where condition: (KeySelector, Entry) -> Bool) {
        let gone = entries.filter { condition($0.key, $0.value) }
        guard !gone.isEmpty else { return }
        for selector in gone.keys { entries.removeValue(forKey: selector) }
        order.removeAll { gone[$0] != nil }
        generation &+= 1
    }

    /// Forgets what the selector names. After the active one's removal the field's versions stay.
    mutating func remove(_ selector: KeySelector) {
        guard entries.removeValue(forKey: selector) != nil else { return }
        order.removeAll { $0 == selector }
        generation &+= 1
    }

    /// Forgets what may not be used any more.
    /// - Returns: how many selectors were forgotten.
    @discardableResult
    mutating func sweep(at now: BootTime) -> Int {
        let before = entries.count
        entries = entries.filter { now < $0.value.lifetime.expires }
        guard entries.count < before else { return 0 }
        order.removeAll { entries[$0] == nil }
        generation &+= 1
        return before - entries.count
    }

    private mutating func put(_ entry: Entry, under selector: KeySelector, at now: BootTime) {
        if entries[selector] == nil {
            if order.count >= capacity { makeRoom(at: now) }
            order.append(selector)
        }
        entries[selector] = entry
    }

    private mutating func makeRoom(at now: BootTime) {
        if sweep(at: now) > 0, order.count < capacity { return }
        for (index, selector) in order.enumerated() where entries[selector]?.takeUseMark() != true {
            order.remove(at: index)
            entries.removeValue(forKey: selector)
            return
        }
        let oldest = order.removeFirst()
        entries.removeValue(forKey: oldest)
    }
}

extension FieldKeyCache: Sendable where Entry: Sendable {}
