internal import FieldsealRPC
internal import NIOCore

/// One connection of a verified peer: performs what `ServerStreams` decides.
///
/// The frames of a burst of reads are handled where they lie in the read buffer; their replies are gathered in one buffer
/// that is written at the end of the burst, or when the loop's reply gate releases it.
final class ServerConnection: ChannelDuplexHandler, FrameReceiver {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case open
        /// The last answer is on its way; what the peer sends is no longer read.
        case closing
        case closed
    }

    /// A call that is answered later.
    struct OpenCall {
        var kind: RPCMethodKind
        var payloadCount: Int
        var onCancel: (() -> Void)?
    }

    let core: ServerCore
    let loop: ServerLoop
    let peer: RPCPeer
    let verified: VerifiedPeer
    let eventLoop: any EventLoop
    var context: ChannelHandlerContext?
    var phase = Phase.open
    var streams: ServerStreams
    var assembler = FrameAssembler()
    var writer = ReplyWriter(buffer: ByteBuffer())
    /// Written bursts that wait for the reply gate, oldest first.
    var held: [(ticket: LoopGate.Ticket, buffer: ByteBuffer)] = []
    var heldBytes = 0
    /// The gate's commits when the first reply of the current burst was written.
    var mark: LoopGate.Ticket = 0
    var calls: [UInt32: OpenCall] = [:]
    /// Messages of server streams that were written, whose senders wait for the peer to read.
    var blockedSends: [(stream: UInt32, sent: (RPCStatus?) -> Void)] = []
    var deferredBytes = 0
    var deadlines = DeadlineQueue()
    var deadlineTimer: (at: UInt64, task: Scheduled<Void>)?
    /// A handler, or the burst around it, is at work: what completes meanwhile waits for the loop's next turn.
    var isHandling = false
    var isFlushScheduled = false
    var isReadPaused = false
    var hasPausedRead = false
    var watch: RepeatedTask?
    var watched = ConnectionWatch()
    private var burstTime: NIODeadline?
    private var lastEndpoint = 0
    private let requestPrefix = UInt64.random(in: .min ... .max)
    private var requestCount: UInt64 = 0

    init(core: ServerCore, loop: ServerLoop, verified: VerifiedPeer, address: String) {
        self.core = core
        self.loop = loop
        self.verified = verified
        eventLoop = loop.eventLoop
        peer = RPCPeer(identity: verified.identity, address: address, eventLoop: loop.eventLoop)
        streams = ServerStreams(limit: core.limits.streams)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startWatching()
    }

    func handlerRemoved(context: ChannelHandlerContext) { connectionEnded() }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        var bytes = unwrapInboundIn(data)
        isHandling = true
        let hasCompleted = assembler.receive(&bytes, by: self)
        isHandling = false
        if hasCompleted { watched.frameCompleted() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let now = burstTime ?? eventLoop.now
        burstTime = nil
        watched.bytesReceived(now, isFramePartial: assembler.isPartial)
        endBurst()
        context.fireChannelReadComplete()
    }

    func headerReceived(_ header: FrameHeader) -> Bool {
        guard case .refuseAndClose(let status) = streams.headerReceived(header) else { return true }
        refuseAndClose(header.stream, status)
        return false
    }

    /// A burst's replies over this many bytes are written before the burst ends.
    private static let burstSize = 1 << 18

    func frameReceived(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) -> Bool {
        switch streams.frameReceived(header) {
        case .handle(let form):
            if let refusal = handleRequest(header.stream, form, body) { answer(header.stream, refusal) }
        case .refuse(let status): answer(header.stream, status)
        case .abort(let status): endCall(header.stream, status)
        case .refuseAndClose(let status): refuseAndClose(header.stream, status)
        }
        if writer.buffer.readableBytes > Self.burstSize { endBurst() }
        return phase == .open
    }

    /// - Returns: the status with which the call is refused; nil where it was answered, or will be.
    private func handleRequest(
        _ stream: UInt32, _ form: ServerStreams.Form, _ body: UnsafeRawBufferPointer
    ) -> RPCStatus? {
        let request: RequestEnvelope
        do throws(RPCStatus) { request = try RequestEnvelope(decoding: body) } catch { return error }
        var requestID = request.requestID
        if requestID.isZero {
            requestCount &+= 1
            requestID = CallIdentifier(high: requestPrefix, low: requestCount)
        }
        let found = core.endpoints.find(service: request.service, method: request.method, hint: lastEndpoint)
        guard let found else {
            core.observer.unknownMethod(peer: peer, requestID: requestID, traceID: request.traceID)
            return .unknownMethod
        }
        lastEndpoint = found
        let endpoint = core.endpoints.endpoints[found]
        guard (endpoint.kind == .unary) == (form == .unary) else {
            return .invalidArgument("flags do not fit the method")
        }
        guard request.timeout >= 0 else { return .deadlineExceeded }
        guard deferredBytes + request.payload.count <= core.limits.deferredBytes else {
            return .resourceExhausted("too many bytes in open calls")
        }
        let call = ServerCall(
            peer: peer, requestID: requestID, traceID: request.traceID, deadline: deadline(request.timeout, form),
            endpoint: endpoint, stream: stream, payloadCount: request.payload.count, connection: self)
        if endpoint.authorized, let denial = loop.authorizer.authorize(call: call) { return denial }
        let handler = loop.handlers[endpoint.serviceIndex]
        if form == .serverStreaming {
            return handler.serverStreaming(method: endpoint.methodIndex, payload: request.payload, call: call)
        }
        beginReply(stream)
        let outcome = handler.unary(method: endpoint.methodIndex, payload: request.payload, call: call, reply: &writer)
        switch outcome {
        case .replied:
            forget(stream)
            writer.end()
            return nil
        case .failed(let status):
            forget(stream)
            writer.discard()
            return status
        case .later:
            writer.discard()
            return streams.isOpen(stream) ? nil : .internal("call abandoned")
        }
    }

    private func deadline(_ timeout: Int64, _ form: ServerStreams.Form) -> NIODeadline? {
        let limit = form == .unary ? core.limits.unaryTimeout : core.limits.lifetime
        if timeout == 0, form == .serverStreaming { return nil }
        let now = burstTime ?? eventLoop.now
        burstTime = now
        return now + (timeout == 0 ? limit : min(.nanoseconds(timeout), limit))
    }
}
