internal import NIOCore
internal import Synchronization

/// The connections of a server, those in their handshake included.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var whenEmpty: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.channels.count } }

    /// Takes a connection in.
    ///
    /// - Returns: false where there are as many as may be, or the server drains.
    func add(_ channel: any Channel) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isDraining, state.channels.count < limit else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        if isTaken { channel.closeFuture.whenComplete { [weak self] _ in self?.remove(channel) } }
        return isTaken
    }

    private func remove(_ channel: any Channel) {
        let waiter = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            guard state.channels.isEmpty else { return nil as CheckedContinuation<Void, Never>? }
            return state.whenEmpty.take()
        }
        waiter?.resume()
    }

    /// Tells every verified connection.
    func tell(_ event: ServerEvent) {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(event) }
    }

    /// Takes no further connections.
    func drainBegan() { state.withLock { $0.isDraining = true } }

    /// Returns when no connection is left. One caller.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.channels.isEmpty { state.whenEmpty = continuation }
                return state.channels.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Closes what is left, without ceremony.
    func closeAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(mode: .all, promise: nil) }
    }
}
