/// When an identity failed to open values, counted in slices of ten seconds. Those that an alert told of are taken out, so that
/// none is told twice. Slices that come late, from a producer that could not send, count where they belong.
struct FailureBurst: WatchMemory {
    static let slice: Int64 = 10 * 1_000_000
    /// Slices older than the newest by more are forgotten: two hours.
    private static let span: Int64 = 720
    private static let maximumCount = Int64(1) << 40

    private struct Slice: Hashable {
        var number: Int64
        var count: Int64
    }

    /// In the order of their time.
    private var slices: [Slice] = []

    init() {}

    /// Adds failures, and answers how many fell into one window with them where that is at least the limit.
    ///
    /// - Parameter minutes: of the window.
    mutating func add(_ count: Int64, at time: Int64, minutes: Int64, limit: Int64) -> Int64? {
        let number = time / Self.slice
        insert(min(max(count, 0), Self.maximumCount), number)
        let width = minutes * 60 * 1_000_000 / Self.slice
        var best: (end: Int64, count: Int64)?
        for end in slices.map(\.number) where end >= number && end < number + width {
            let total = slices.reduce(0) { $1.number > end - width && $1.number <= end ? $0 + $1.count : $0 }
            if total > best?.count ?? 0 { best = (end, total) }
        }
        guard let best, best.count >= limit else { return nil }
        slices.removeAll { $0.number > best.end - width && $0.number <= best.end }
        return best.count
    }

    private mutating func insert(_ count: Int64, _ number: Int64) {
        if let last = slices.last, number < last.number - Self.span { return }
        let place = slices.lastIndex { $0.number <= number }
        if let place, slices[place].number == number {
            slices[place].count = min(slices[place].count + count, Self.maximumCount)
        } else {
            slices.insert(Slice(number: number, count: count), at: place.map { $0 + 1 } ?? 0)
        }
        if let last = slices.last { slices.removeAll { $0.number < last.number - Self.span } }
    }

    /// Whether nothing of it can be part of a window any more.
    func isOver(at time: Int64) -> Bool {
        guard let last = slices.last else { return true }
        return last.number < time / Self.slice - Self.span
    }

    init?(numbers: [Int64]) {
        guard numbers.count % 2 == 0 else { return nil }
        slices = stride(from: 0, to: numbers.count, by: 2).map {
            Slice(number: numbers[$0], count: numbers[$0 + 1])
        }
    }

    var numbers: [Int64] { slices.flatMap { [$0.number, $0.count] } }
}
