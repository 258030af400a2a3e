internal import NIOCore
internal import Synchronization

/// The open connections of a server.
final class HTTPServerConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Answers false where there are as many as may be, or the server stops.
    func add(_ channel: any Channel) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isDraining, state.channels.count < limit else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        if isTaken {
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
            }
        }
        return isTaken
    }

    /// Lets every connection finish the request that runs, for so long, and closes it. Takes no further ones.
    func drain(_ limit: Duration) async {
        let channels = state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            let timer = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in timer.cancel() }
        }
        for channel in channels { try? await channel.closeFuture.get() }
    }
}
