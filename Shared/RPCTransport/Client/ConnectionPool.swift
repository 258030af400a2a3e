internal import FieldsealRPC
internal import Logging
internal import NIOCore
internal import Synchronization

/// The connections of an `RPCClient` and the choice among them. Slots keep their pool; the client closes it when it goes.
final class ConnectionPool: Sendable {
    let limits: ClientLimits
    let logger: Logger
    let wallClock: @Sendable () -> Int64
    private let current: Mutex<ClientTLS>
    private let slots = Mutex<[PoolSlot]>([])
    private let turn = Atomic<Int>(0)
    private let isClosed = Atomic(false)

    var tls: ClientTLS { current.withLock { $0 } }

    init(
        targets: [RPCTarget], tls: ClientTLS, limits: ClientLimits, eventLoopGroup: any EventLoopGroup, logger: Logger,
        wallClock: @escaping @Sendable () -> Int64
    ) {
        (self.limits, self.logger, self.wallClock) = (limits, logger, wallClock)
        current = Mutex(tls)
        let places = (0..<max(1, limits.connectionsPerTarget)).flatMap { _ in targets }
        slots.withLock { slots in
            slots = places.enumerated().map { index, target in
                PoolSlot(index: index, target: target, eventLoop: eventLoopGroup.next(), pool: self)
            }
        }
    }

    func start(_ call: PooledCall) {
        guard !isClosed.load(ordering: .relaxed) else {
            return call.finish(.failure(.shutDown))
        }
        guard let slot = choose(but: []) else { return call.finish(.failure(.unavailable("no server is configured"))) }
        call.place(on: slot)
    }

    /// A slot has no connection for a call: another one may.
    func failed(_ call: PooledCall, on slot: PoolSlot, _ status: RPCStatus) {
        call.tried.insert(slot.index)
        call.timer?.cancel()
        call.timer = nil
        guard let next = choose(but: call.tried) else {
            var status = status
            status.isUnsent = true
            return call.finish(.failure(status))
        }
        call.place(on: next)
    }

    /// Connected slots first, paused ones last, in turn among equals.
    private func choose(but tried: Set<Int>) -> PoolSlot? {
        let slots = slots.withLock { $0 }
        guard !slots.isEmpty else { return nil }
        let first = Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue & Int.max) % slots.count
        let candidates = (slots[first...] + slots[..<first]).filter { !tried.contains($0.index) }
        return candidates.min { left, right in
            left.availability.load(ordering: .relaxed).rawValue < right.availability.load(ordering: .relaxed).rawValue
        }
    }

    func reload(_ tls: ClientTLS) {
        current.withLock { $0 = tls }
        for slot in slots.withLock({ $0 }) { slot.renew() }
    }

    /// Takes no further calls; the futures complete when the connections have ended.
    @discardableResult
    func close() -> [EventLoopFuture<Void>] {
        isClosed.store(true, ordering: .relaxed)
        return slots.withLock { slots in
            defer { slots = [] }
            return slots.map { $0.close() }
        }
    }
}

extension RPCStatus {
    static let shutDown = Self(.cancelled, "the client is shut down")
}
