/// The deadlines of a connection's open calls, soonest first. Calls that end before are forgotten lazily, at a constant
/// cost a call.
public struct DeadlineQueue: Sendable {
    private struct Entry {
        var deadline: UInt64
        var stream: UInt32
    }

    private var heap: [Entry] = []

    public init() {}

    public var count: Int { heap.count }
    /// The soonest deadline, in the clock's nanoseconds. Its call may have ended.
    public var soonest: UInt64? { heap.first?.deadline }

    /// Adds a call's deadline, given in a monotonic clock's nanoseconds.
    ///
    /// - Parameters:
    ///   - openCalls: how many calls are open; where far more deadlines are kept, those of ended calls are dropped.
    public mutating func insert(
        _ deadline: UInt64, stream: UInt32, openCalls: Int, isOpen: (UInt32) -> Bool
    ) {
        if heap.count > 2 * openCalls + 64 {
            heap.removeAll { !isOpen($0.stream) }
            heap.sort { $0.deadline < $1.deadline }
        }
        heap.append(Entry(deadline: deadline, stream: stream))
        siftUp(heap.count - 1)
    }

    /// Takes out a stream whose deadline is not after `now`; nil where there is none.
    public mutating func popExpired(_ now: UInt64) -> UInt32? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return first.stream
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[smallest].deadline { smallest = child }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
