internal import Synchronization

/// Folds what peers without a right can cause to two events at most per (peer, operation, cause) and second: the first at
/// once, the count of the others when the second is over. Beyond ``distinctPerSecond``, or when the strangers' share of the
/// spool is full, refusals are only counted; the count becomes an event of its own.
final class RefusalLedger: Sendable {
    static let distinctPerSecond = 256

    private struct Key: Hashable {
        let actor: AuditActor
        let operation: AuditOperation
        let outcome: Int32
        let cause: AuditCause
        let table: String
        let field: String
    }

    private struct State {
        var second = Int64.min
        var open: [Key: AuditEvent?] = [:]
        var due: [AuditEvent] = []
        var overflow: UInt64 = 0
        var overflowTime: (first: Int64, last: Int64) = (0, 0)
    }

    private let state = Mutex(State())

    /// The event to be written now, or nil: it has been counted. `now` is in microseconds since 1970.
    func note(_ refusal: AuditEvent, at now: Int64, hasRoom: Bool) -> AuditEvent? {
        let key = Key(
            actor: refusal.actor, operation: refusal.operation, outcome: refusal.outcome, cause: refusal.cause,
            table: refusal.table, field: refusal.field)
        return state.withLock { state in
            Self.turn(&state, to: now / 1_000_000)
            if let repeated = state.open[key] {
                var event = repeated ?? Self.blank(refusal, at: now)
                event.count &+= 1
                event.lastUnixMicroseconds = now
                state.open[key] = .some(event)
                return nil
            }
            guard hasRoom, state.open.count < Self.distinctPerSecond else {
                Self.overflow(&state, by: 1, at: now)
                return nil
            }
            state.open.updateValue(nil, forKey: key)
            var event = refusal
            event.unixMicroseconds = now
            return event
        }
    }

    /// The counts of seconds that are over, to be written. `all`: of the running second too.
    func takeDue(at now: Int64, all: Bool = false) -> [AuditEvent] {
        state.withLock { state in
            Self.turn(&state, to: all ? Int64.max : now / 1_000_000)
            if all { state.second = now / 1_000_000 }
            var due = state.due
            state.due = []
            if state.overflow > 0 {
                var event = AuditEvent(actor: AuditActor(identity: ""), operation: .unspecified)
                event.cause = .overflow
                event.outcome = 8
                event.count = state.overflow
                event.unixMicroseconds = state.overflowTime.first
                event.lastUnixMicroseconds = state.overflowTime.last
                due.append(event)
                state.overflow = 0
            }
            return due
        }
    }

    /// Events of ``takeDue(at:all:)`` that could not be written: their counts go to the overflow.
    func putBack(_ events: [AuditEvent], at now: Int64) {
        state.withLock { state in
            for event in events { Self.overflow(&state, by: event.count, at: event.unixMicroseconds ?? now) }
        }
    }

    private static func turn(_ state: inout State, to second: Int64) {
        guard second != state.second else { return }
        state.due += state.open.values.compactMap { $0 }
        state.open.removeAll(keepingCapacity: true)
        state.second = second
    }

    private static func overflow(_ state: inout State, by count: UInt64, at time: Int64) {
        if state.overflow == 0 { state.overflowTime = (time, time) }
        state.overflowTime = (min(state.overflowTime.first, time), max(state.overflowTime.last, time))
        state.overflow = state.overflow.addingReportingOverflow(count).partialValue
    }

    private static func blank(_ refusal: AuditEvent, at now: Int64) -> AuditEvent {
        var event = refusal
        event.count = 0
        event.unixMicroseconds = now
        return event
    }
}
