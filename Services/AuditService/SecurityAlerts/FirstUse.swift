/// When an identity used a field first, or anybody did.
struct FirstUse: WatchMemory {
    let time: Int64

    init(time: Int64) { self.time = time }

    init?(numbers: [Int64]) {
        guard numbers.count == 1 else { return nil }
        time = numbers[0]
    }

    var numbers: [Int64] { [time] }
}
