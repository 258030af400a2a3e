/// Which single calls go out together, and when. It knows no clock, lock or connection; times are what the caller's clock says.
///
/// A call that finds none under way in its lane goes out at once, so that a lone caller never waits. While one is under way
/// further calls gather. They go out together when it is answered, when no more fit into a batch, or when the first of them
/// has waited for `Limits.delay`.
struct CoalescingQueue<Lane: Hashable & Sendable, Item: Sendable> {
    /// Names a call among all of the queue.
    typealias Ticket = UInt64

    struct Limits {
        /// The longest that a call waits for others.
        var delay: Duration
        /// Calls of a batch.
        var items: Int
        /// Bytes of a batch; a larger item goes out alone.
        var bytes: Int
    }

    struct Batch: Sendable {
        let number: UInt64
        let lane: Lane
        /// In the order of their arrival; never empty.
        fileprivate(set) var tickets: [Ticket] = []
        fileprivate(set) var items: [Item] = []
        /// The soonest of its calls'.
        fileprivate(set) var deadline: Duration
        fileprivate var bytes = 0
    }

    enum Action {
        /// Make the call, and tell `batchAnswered`.
        case send(Batch)
        /// Tell `delayPassed` of the batch then, unless it was sent or cancelled before.
        case wait(batch: UInt64, lane: Lane, until: Duration)
        /// Nobody waits for the batch any more: neither for its delay nor for its answer.
        case cancel(batch: UInt64)
    }

    private struct Traffic {
        /// The batches sent and not answered, and how many callers wait for each.
        var underWay: [UInt64: Int] = [:]
        var gathering: Batch?
    }

    private let limits: Limits
    private var lanes: [Lane: Traffic] = [:]
    /// The lane of each call, and its batch once that was sent.
    private var places: [Ticket: (lane: Lane, sent: UInt64?)] = [:]
    private var lastNumber: UInt64 = 0

    init(_ limits: Limits) { self.limits = limits }

    var isEmpty: Bool { lanes.isEmpty }

    mutating func callArrived(
        _ ticket: Ticket, _ item: Item, size: Int, lane: Lane, deadline: Duration, now: Duration
    ) -> [Action] {
        places[ticket] = (lane, nil)
        var traffic = lanes[lane] ?? Traffic()
        defer { lanes[lane] = traffic }
        var actions: [Action] = []
        if let gathering = traffic.gathering, gathering.bytes + size > limits.bytes {
            actions.append(send(gathering, &traffic))
        }
        let isNew = traffic.gathering == nil
        var batch = traffic.gathering ?? newBatch(lane, deadline)
        batch.tickets.append(ticket)
        batch.items.append(item)
        batch.bytes += size
        batch.deadline = min(batch.deadline, deadline)
        if traffic.underWay.isEmpty || batch.items.count >= limits.items || batch.bytes >= limits.bytes {
            actions.append(send(batch, &traffic))
        } else {
            traffic.gathering = batch
            if isNew { actions.append(.wait(batch: batch.number, lane: lane, until: now + limits.delay)) }
        }
        return actions
    }

    /// The call of a batch has its answer, or failed.
    mutating func batchAnswered(_ batch: Batch) -> Action? {
        for ticket in batch.tickets { places[ticket] = nil }
        guard var traffic = lanes[batch.lane] else { return nil }
        defer { store(traffic, batch.lane) }
        traffic.underWay[batch.number] = nil
        return traffic.gathering.map { send($0, &traffic) }
    }

    mutating func delayPassed(_ number: UInt64, lane: Lane) -> Action? {
        guard var traffic = lanes[lane], let gathering = traffic.gathering, gathering.number == number else {
            return nil
        }
        defer { store(traffic, lane) }
        return send(gathering, &traffic)
    }

    /// Its caller no longer waits. Others of its batch do.
    mutating func callAbandoned(_ ticket: Ticket) -> Action? {
        guard let (lane, sent) = places.removeValue(forKey: ticket), var traffic = lanes[lane] else { return nil }
        defer { store(traffic, lane) }
        if let sent {
            traffic.underWay[sent]? -= 1
            return traffic.underWay[sent] == 0 ? .cancel(batch: sent) : nil
        }
        guard var batch = traffic.gathering, let at = batch.tickets.firstIndex(of: ticket) else { return nil }
        batch.tickets.remove(at: at)
        batch.items.remove(at: at)
        traffic.gathering = batch.tickets.isEmpty ? nil : batch
        return batch.tickets.isEmpty ? .cancel(batch: batch.number) : nil
    }

    private mutating func newBatch(_ lane: Lane, _ deadline: Duration) -> Batch {
        lastNumber += 1
        return Batch(number: lastNumber, lane: lane, deadline: deadline)
    }

    private mutating func send(_ batch: Batch, _ traffic: inout Traffic) -> Action {
        traffic.gathering = nil
        traffic.underWay[batch.number] = batch.tickets.count
        for ticket in batch.tickets { places[ticket]?.sent = batch.number }
        return .send(batch)
    }

    private mutating func store(_ traffic: Traffic, _ lane: Lane) {
        lanes[lane] = traffic.underWay.isEmpty && traffic.gathering == nil ? nil : traffic
    }
}
