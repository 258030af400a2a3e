internal import FieldsealRPC
internal import NIOCore

/// The client's side of one connection of a verified server: performs what `ClientStreams` decides.
final class ClientConnection: ChannelInboundHandler, FrameReceiver {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Call {
        var receiver: any RPCReplyReceiver
        var token: UInt64
    }

    let channel: any Channel
    let peer: VerifiedPeer
    let limits: ClientLimits
    private let wallClock: @Sendable () -> Int64
    private(set) var streams = ClientStreams<Call>()
    /// The server has answered a call on this connection: it accepts this client.
    private(set) var hasAnswered = false
    private(set) var isClosed = false
    private(set) var isDraining = false
    private var context: ChannelHandlerContext?
    private var assembler = FrameAssembler()
    private var output = ByteBuffer()
    private var isReading = false
    private var isFlushScheduled = false
    private var deadlines = DeadlineQueue()
    private var deadlineTimer: (at: UInt64, task: Scheduled<Void>)?
    private var watch: RepeatedTask?
    private var partialSince: NIODeadline?
    private var spans = UInt64.random(in: .min ... .max)
    /// What the calls in flight are told when the connection ends.
    private var ending = RPCStatus.unavailable("connection closed by the server")
    private var eventLoop: any EventLoop { channel.eventLoop }

    init(
        _ channel: any Channel, peer: VerifiedPeer, limits: ClientLimits, wallClock: @escaping @Sendable () -> Int64
    ) {
        self.channel = channel
        self.peer = peer
        self.limits = limits
        self.wallClock = wallClock
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if output.readableBytes > 0 { scheduleFlush() }
        watch = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in bound.value.check()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { connectionEnded() }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isAlert = "\(error)".contains("ALERT")
        close(
            .unavailable(isAlert ? "the server refused this client's certificate" : "connection lost"))
    }

    /// Begins a call; see `LoopClient.call`.
    func start(
        _ call: Call, _ form: ClientStreams<Call>.Form, _ path: RequestPath, _ payload: UnsafeRawBufferPointer,
        _ metadata: RPCMetadata, _ deadline: NIODeadline?
    ) -> UInt32? {
        var head = RequestHead(path: path, requestID: metadata.requestID ?? .zero)
        if let traceID = metadata.traceID {
            spans &+= 2
            (head.traceID, head.parentID) = (traceID, spans | 1)
        }
        if let deadline {
            head.timeout = (deadline - eventLoop.now).nanoseconds
            guard head.timeout > 0 else { return fail(call, .deadlineExceeded) }
        }
        guard payload.count <= FrameHeader.maximumLength, head.size(payload: payload.count) <= FrameHeader.maximumLength
        else { return fail(call, .resourceExhausted("request too large")) }
        guard !isClosed, !isDraining else { return fail(call, ending) }
        guard let stream = streams.callStarted(call, form) else {
            return fail(call, .unavailable("connection has no stream ids left"))
        }
        write(head, payload, form == .unary ? [] : .remoteClosed, stream)
        if let deadline {
            deadlines.insert(deadline.uptimeNanoseconds, stream: stream, openCalls: streams.openCalls) {
                streams.isOpen($0)
            }
            armDeadlineTimer()
        }
        return stream
    }

    private func write(
        _ head: RequestHead, _ payload: UnsafeRawBufferPointer, _ flags: FrameFlags, _ stream: UInt32
    ) {
        let length = head.size(payload: payload.count)
        let size = FrameHeader.size + length
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            FrameHeader(length: UInt32(length), stream: stream, kind: .request, flags: flags).store(into: memory)
            head.store(
                payload: payload, into: UnsafeMutableRawBufferPointer(rebasing: memory[FrameHeader.size..<size]))
            return size
        }
    }

    private func fail(_ call: Call, _ status: RPCStatus) -> UInt32? {
        let bound = NIOLoopBound(call, eventLoop: eventLoop)
        eventLoop.execute { bound.value.receiver.failed(token: bound.value.token, status: status) }
        return nil
    }

    func abandon(_ stream: UInt32) {
        guard let (_, form) = streams.callAbandoned(stream), !isClosed else { return }
        if form == .serverStreaming { cancel(stream) }
        closeIfDrained()
    }

    /// Tells the server that nobody reads a stream any more.
    private func cancel(_ stream: UInt32) {
        let header = FrameHeader(length: 0, stream: stream, kind: .data, flags: [.remoteClosed, .noData])
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.size) { memory in
            header.store(into: memory)
            return FrameHeader.size
        }
        scheduleFlush()
    }

    func flush() {
        guard let context, output.readableBytes > 0, !isReading else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if output.capacity > 1 << 18 { output = ByteBuffer() } else { output.clear() }
    }

    /// Sends what was queued at the end of the loop's turn.
    func scheduleFlush() {
        guard !isFlushScheduled, !isReading else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.flush()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        var bytes = unwrapInboundIn(data)
        isReading = true
        if assembler.receive(&bytes, by: self) { partialSince = nil }
        isReading = false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partialSince = assembler.isPartial ? partialSince ?? eventLoop.now : nil
        flush()
        closeIfDrained()
        context.fireChannelReadComplete()
    }

    func headerReceived(_ header: FrameHeader) -> Bool {
        guard let status = streams.headerReceived(header) else { return true }
        close(status)
        return false
    }

    func frameReceived(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) -> Bool {
        switch streams.frameReceived(header) {
        case .complete(let call):
            hasAnswered = true
            complete(call, body)
        case .deliver(let call):
            hasAnswered = true
            call.receiver.received(token: call.token, message: body)
        case .deliverLast(let call):
            call.receiver.received(token: call.token, message: body)
            call.receiver.ended(token: call.token)
        case .end(let call): call.receiver.ended(token: call.token)
        case .ignore: break
        case .close(let status): close(status)
        }
        return !isClosed
    }

    private func complete(_ call: Call, _ body: UnsafeRawBufferPointer) {
        do throws(RPCStatus) {
            let response = try ResponseEnvelope(decoding: body)
            if let status = response.status {
                call.receiver.failed(token: call.token, status: status)
            } else {
                call.receiver.replied(token: call.token, payload: response.payload)
            }
        } catch {
            call.receiver.failed(token: call.token, status: error)
        }
    }
}

/// Deadlines and the end.
extension ClientConnection {
    private func armDeadlineTimer() {
        guard let soonest = deadlines.soonest else { return }
        if let deadlineTimer {
            guard soonest < deadlineTimer.at else { return }
            deadlineTimer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(soonest)) { bound.value.deadlinePassed() }
        deadlineTimer = (soonest, task)
    }

    private func deadlinePassed() {
        deadlineTimer = nil
        let now = eventLoop.now.uptimeNanoseconds
        while let stream = deadlines.popExpired(now) {
            guard let (call, form) = streams.callAbandoned(stream) else { continue }
            if form == .serverStreaming { cancel(stream) }
            call.receiver.failed(token: call.token, status: .deadlineExceeded)
        }
        armDeadlineTimer()
        scheduleFlush()
        closeIfDrained()
    }

    private func check() {
        if let partialSince, eventLoop.now - partialSince >= limits.readTimeout {
            close(.unavailable("the server stopped in the middle of a frame"))
        } else if wallClock() >= peer.notValidAfter {
            close(.unavailable("the server's certificate has expired"))
        }
    }

    /// Takes no further calls, and closes when those in flight have ended or the drain timeout has passed.
    func drain() {
        guard !isDraining, !isClosed else { return }
        isDraining = true
        flush()
        closeIfDrained()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: limits.drainTimeout) { bound.value.close(.unavailable("connection is draining")) }
    }

    private func closeIfDrained() {
        if isDraining, streams.openCalls == 0 { close(.unavailable("connection is draining")) }
    }

    func close(_ status: RPCStatus) {
        guard !isClosed else { return }
        ending = status
        connectionEnded()
    }

    private func connectionEnded() {
        guard !isClosed else { return }
        isClosed = true
        let context = context
        self.context = nil
        watch?.cancel()
        deadlineTimer?.task.cancel()
        for call in streams.connectionClosed() { call.receiver.failed(token: call.token, status: ending) }
        context?.close(promise: nil)
    }
}
