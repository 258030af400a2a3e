/// A bounded map that drops what was not used for longest. Not thread-safe; every operation takes constant time.
public struct LeastRecentlyUsed<Key: Hashable, Value>: ~Copyable {
    @usableFromInline
    final class Node {
        @usableFromInline let key: Key
        @usableFromInline var value: Value
        // The dictionary owns the nodes.
        @usableFromInline unowned(unsafe) var older: Node?
        @usableFromInline unowned(unsafe) var newer: Node?

        @inlinable
        init(key: Key, value: Value) {
            self.key = key
            self.value = value
        }
    }

    public let capacity: Int
    @usableFromInline var nodes: [Key: Node] = [:]
    @usableFromInline unowned(unsafe) var newest: Node?
    @usableFromInline unowned(unsafe) var oldest: Node?

    /// - Parameter capacity: less than 1 counts as 1.
    @inlinable
    public init(capacity: Int) { self.capacity = max(1, capacity) }

    @inlinable
    public var count: Int { nodes.count }

    /// The value, which becomes the most recently used one.
    @inlinable
    public mutating func value(for key: Key) -> Value? {
        if let newest, newest.key == key { return newest.value }
        guard let node = nodes[key] else { return nil }
        unlink(node)
        link(node)
        return node.value
    }

    /// Puts the value first, in place of one with the same key; drops the last one when there are too many.
    @inlinable
    public mutating func insert(_ value: Value, for key: Key) {
        remove(key)
        if nodes.count == capacity, let oldest { remove(oldest.key) }
        let node = Node(key: key, value: value)
        nodes[key] = node
        link(node)
    }

    @inlinable
    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let node = nodes.removeValue(forKey: key) else { return nil }
        unlink(node)
        return node.value
    }

    @inlinable
    public mutating func removeAll() {
        while let node = newest { remove(node.key) }
    }

    @usableFromInline
    mutating func link(_ node: Node) {
        node.older = newest
        newest?.newer = node
        newest = node
        if oldest == nil { oldest = node }
    }

    @usableFromInline
    mutating func unlink(_ node: Node) {
        let older = node.older
        if let newer = node.newer { newer.older = older } else { newest = older }
        if let older { older.newer = node.newer } else { oldest = node.newer }
        node.newer = nil
        node.older = nil
    }
}
