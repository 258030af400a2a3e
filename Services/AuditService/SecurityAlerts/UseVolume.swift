/// How many values of a field an identity opened in the hours in which it did. The newest 24 such hours are open to what comes
/// late; those before are a mean alone.
struct UseVolume: WatchMemory {
    static let hour: Int64 = 3_600 * 1_000_000
    private static let openHours = 24
    /// The mean forgets: it is that of about a week of hours.
    private static let memory: Int64 = 168
    private static let maximumCount = Int64(1) << 40

    private struct Hour: Hashable {
        var number: Int64
        var count: Int64
        var isTold: Bool
    }

    private var closed: Int64 = 0
    private var mean: Int64 = 0
    /// In the order of their time.
    private var open: [Hour] = []

    init() {}

    /// Adds values, and answers how many there were in that hour, and the mean of the others, where they are unusually many; once
    /// an hour.
    mutating func add(
        _ count: Int64, at time: Int64, factor: Int64, floor: Int64, afterHours: Int64
    ) -> (count: Int64, mean: Int64)? {
        let number = time / Self.hour
        let count = min(max(count, 0), Self.maximumCount)
        guard let place = place(of: number) else {
            // Of an hour that was closed: it is told of no more, but the mean knows it.
            mean = min(mean + count / max(closed, 1), Self.maximumCount)
            return nil
        }
        open[place].count = min(open[place].count + count, Self.maximumCount)
        let others = open.enumerated().filter { $0.offset != place }.map(\.element.count)
        let hours = closed + Int64(others.count)
        guard !open[place].isTold, hours >= afterHours else { return nil }
        let usual = (mean * closed + others.reduce(0, +)) / hours
        let (limit, isHuge) = usual.multipliedReportingOverflow(by: factor)
        guard !isHuge, open[place].count >= max(floor, limit) else { return nil }
        open[place].isTold = true
        return (open[place].count, usual)
    }

    /// Of an open hour, which this one becomes if it is newer than those that are closed.
    private mutating func place(of number: Int64) -> Int? {
        if let place = open.firstIndex(where: { $0.number == number }) { return place }
        if open.count == Self.openHours {
            guard let oldest = open.first, oldest.number < number else { return nil }
            closed = min(closed + 1, Self.memory)
            mean += (oldest.count - mean) / closed
            open.removeFirst()
        }
        let place = open.firstIndex { $0.number > number } ?? open.count
        open.insert(Hour(number: number, count: 0, isTold: false), at: place)
        return place
    }

    init?(numbers: [Int64]) {
        guard numbers.count >= 2, numbers.count % 3 == 2 else { return nil }
        (closed, mean) = (numbers[0], numbers[1])
        open = stride(from: 2, to: numbers.count, by: 3).map {
            Hour(number: numbers[$0], count: numbers[$0 + 1], isTold: numbers[$0 + 2] != 0)
        }
    }

    var numbers: [Int64] { [closed, mean] + open.flatMap { [$0.number, $0.count, $0.isTold ? 1 : 0] } }
}
