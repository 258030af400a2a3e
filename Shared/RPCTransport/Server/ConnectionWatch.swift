internal import NIOCore

/// What a connection's timeouts are judged by.
struct ConnectionWatch {
    enum Verdict: Hashable {
        case goOn
        /// Finish what runs, then close.
        case drain
        case close
    }

    private var began: NIODeadline?
    private var lastActivity = NIODeadline.uptimeNanoseconds(0)
    private var partialSince: NIODeadline?
    private var unwritableSince: NIODeadline?
    private var drainingSince: NIODeadline?

    mutating func connected(_ now: NIODeadline) {
        began = now
        lastActivity = now
    }

    mutating func bytesReceived(_ now: NIODeadline, isFramePartial: Bool) {
        lastActivity = now
        if !isFramePartial { partialSince = nil } else if partialSince == nil { partialSince = now }
    }

    mutating func frameCompleted() { partialSince = nil }

    mutating func becameUnwritable(_ now: NIODeadline) { unwritableSince = unwritableSince ?? now }
    mutating func becameWritable() { unwritableSince = nil }
    mutating func drainBegan(_ now: NIODeadline) { drainingSince = drainingSince ?? now }

    func judge(_ now: NIODeadline, hasOpenCalls: Bool, _ limits: ServerLimits) -> Verdict {
        func passed(_ since: NIODeadline?, _ timeout: TimeAmount) -> Bool { since.map { now - $0 >= timeout } ?? false }
        if passed(partialSince, limits.readTimeout) || passed(unwritableSince, limits.writeTimeout) { return .close }
        if passed(drainingSince, limits.drainTimeout) { return .close }
        if drainingSince == nil, passed(began, limits.lifetime) { return .drain }
        if !hasOpenCalls, passed(lastActivity, limits.idleTimeout) { return .close }
        return .goOn
    }
}
