internal import NIOCore

/// One event loop's reply gate, with the connections that wait for it: one commit a turn of the loop, whatever the number
/// of connections that were read in it.
final class LoopGate {
    /// A commit's number; replies wait for one.
    typealias Ticket = UInt64

    private let gate: any ReplyGate
    private let eventLoop: any EventLoop
    /// The number of the last commit asked for.
    private(set) var submitted: Ticket = 0
    private var isScheduled = false
    private var released: Ticket = 0
    private var waiting: [(ticket: Ticket, connection: ServerConnection)] = []

    init(_ gate: any ReplyGate, on eventLoop: any EventLoop) {
        self.gate = gate
        self.eventLoop = eventLoop
    }

    /// The commit for which the replies of a burst must wait that began when `mark` commits had been asked for; nil: none.
    func ticket(since mark: Ticket) -> Ticket? {
        if gate.hasPending { return submitted + 1 }
        return submitted > mark && submitted > released ? submitted : nil
    }

    /// Has `connection.released(_:_:)` called when the commit is through.
    func wait(for ticket: Ticket, _ connection: ServerConnection) {
        waiting.append((ticket, connection))
        guard ticket > submitted, !isScheduled else { return }
        isScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.commit() }
    }

    private func commit() {
        isScheduled = false
        submitted += 1
        let ticket = submitted
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        gate.commit { durable in bound.value.commitEnded(ticket, durable) }
    }

    private func commitEnded(_ ticket: Ticket, _ durable: Bool) {
        released = max(released, ticket)
        let ready = waiting.filter { $0.ticket <= ticket }
        waiting.removeAll { $0.ticket <= ticket }
        for entry in ready { entry.connection.released(entry.ticket, durable) }
    }
}
