/// What the log says became of a key version, and when.
struct RevokedVersion: WatchMemory {
    enum State: Int64, Sendable {
        case retired = 1
        case compromised
        case destroyed
    }

    var state: State
    var time: Int64

    init(_ state: State, time: Int64) { (self.state, self.time) = (state, time) }

    init?(numbers: [Int64]) {
        guard numbers.count == 2, let state = State(rawValue: numbers[0]) else { return nil }
        self.init(state, time: numbers[1])
    }

    var numbers: [Int64] { [state.rawValue, time] }
}
