internal import FieldsealRPC
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands behind the TLS handler until the peer's identity is verified, then gives way to the handler that `accept` makes.
/// Until then nothing is read from the peer or written to it.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let verifier: () -> PeerVerifier?
    private let wallClock: @Sendable () -> Int64
    private let timeout: TimeAmount
    private let accept: (VerifiedPeer) -> any ChannelHandler
    private let refuse: (RefusedConnection) -> Void
    private var timer: Scheduled<Void>?
    private var isDone = false

    /// - Parameters:
    ///   - verifier: the rules in force when the handshake ends; nil: those under which it began hold no longer.
    ///   - accept: makes the connection's handler.
    ///   - refuse: told why, once, before the connection is closed.
    init(
        verifier: @escaping () -> PeerVerifier?, wallClock: @escaping @Sendable () -> Int64, timeout: TimeAmount,
        accept: @escaping (VerifiedPeer) -> any ChannelHandler, refuse: @escaping (RefusedConnection) -> Void
    ) {
        self.verifier = verifier
        self.wallClock = wallClock
        self.timeout = timeout
        self.accept = accept
        self.refuse = refuse
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = bound.value
            handler.end(context, PeerRefusal(cause: .handshakeTimeout))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? ServerEvent {
        case .drain, .close:
            isDone = true
            return context.close(promise: nil)
        case .recheck: return
        case nil: break
        }
        guard case TLSUserEvent.handshakeCompleted = event, !isDone else {
            return context.fireUserInboundEventTriggered(event)
        }
        let operations = context.pipeline.syncOperations
        do throws(PeerRefusal) {
            let certificate = try? operations.nioSSL_peerCertificate()
            guard let verifier = verifier() else { throw PeerRefusal(cause: .untrustedCertificate) }
            let peer = try verifier.verify(certificate, now: wallClock())
            isDone = true
            timer?.cancel()
            do {
                try operations.addHandler(accept(peer), position: .after(self))
                operations.removeHandler(self, promise: nil)
            } catch {
                context.close(promise: nil)
            }
        } catch {
            end(context, error, verified: error.identity != nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Bytes of a peer that is not accepted, which TLS still hands over, go nowhere.
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        let cause: ConnectionRefusal =
            if certificate != nil {
                .untrustedCertificate
            } else if "\(error)".contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") {
                .noCertificate
            } else if "\(error)".contains("CERTIFICATE_VERIFY_FAILED") {
                .untrustedCertificate
            } else {
                .handshakeFailed
            }
        end(context, PeerRefusal(cause: cause, identity: certificate?.identity))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, PeerRefusal(cause: .handshakeFailed))
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, _ refusal: PeerRefusal, verified: Bool = false) {
        guard !isDone else { return }
        isDone = true
        timer?.cancel()
        refuse(
            RefusedConnection(
                address: context.channel.remoteAddress?.text ?? "", identity: refusal.identity,
                identityVerified: verified, cause: refusal.cause))
        context.close(promise: nil)
    }
}

extension SocketAddress {
    /// Host and port, e.g. `127.0.0.1:7401` or `[::1]:7401`.
    var text: String {
        guard let ipAddress, let port else { return pathname ?? "" }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
