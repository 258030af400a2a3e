internal import FieldsealRPC
internal import NIOCore

/// What the server tells its connections.
enum ServerEvent: Sendable {
    /// Finish what runs, then close.
    case drain
    /// Close at once.
    case close
    /// The rules of identity changed.
    case recheck(PeerVerifier, drain: Bool)
}

/// Timeouts, draining, and the end of the peer's certificate.
extension ServerConnection {
    func startWatching() {
        watched.connected(eventLoop.now)
        let limits = core.limits
        let shortest = min(limits.readTimeout, limits.writeTimeout, limits.idleTimeout, limits.drainTimeout)
        let period = TimeAmount.nanoseconds(max(10_000_000, min(1_000_000_000, shortest.nanoseconds / 4)))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        watch = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in bound.value.check() }
    }

    private func check() {
        guard phase != .closed else { return }
        if core.wallClock() >= verified.notValidAfter { return refuse(.expired) }
        switch watched.judge(eventLoop.now, hasOpenCalls: streams.openCalls > 0, core.limits) {
        case .goOn: break
        case .drain: drain()
        case .close: close()
        }
    }

    private func refuse(_ cause: ConnectionRefusal) {
        core.refused(
            RefusedConnection(address: peer.address, identity: peer.identity, identityVerified: true, cause: cause))
        close()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? ServerEvent {
        case .drain: drain()
        case .close: close()
        case .recheck(let verifier, let drains):
            if let cause = verifier.refusal(of: verified, now: core.wallClock()) {
                refuse(cause)
            } else if drains {
                drain()
            }
        case nil: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Takes no further calls, ends the streams, lets unary calls finish, then closes.
    private func drain() {
        guard phase == .open else { return }
        watched.drainBegan(eventLoop.now)
        streams.drainBegan()
        for (stream, call) in calls where call.kind == .serverStreaming {
            endCall(stream, .unavailable("connection is draining"))
        }
        closeIfDrained()
    }

    func closeIfDrained() {
        guard streams.isDrained, held.isEmpty, writer.buffer.readableBytes == 0 else { return }
        close()
    }
}
