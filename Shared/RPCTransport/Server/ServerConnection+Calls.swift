internal import FieldsealRPC
internal import NIOCore

/// Calls that are answered later.
extension ServerConnection {
    private func open(_ call: borrowing ServerCall) {
        let stream = call.stream
        guard phase == .open, calls[stream] == nil else { return }
        streams.callDeferred(stream)
        calls[stream] = OpenCall(kind: call.endpoint.kind, payloadCount: call.payloadCount)
        deferredBytes += call.payloadCount
        guard let deadline = call.deadline?.uptimeNanoseconds else { return }
        deadlines.insert(deadline, stream: stream, openCalls: streams.openCalls) { streams.isOpen($0) }
        armDeadlineTimer()
    }

    func deferReply(to call: borrowing ServerCall) -> DeferredReply {
        open(call)
        return DeferredReply(connection: self, stream: call.stream)
    }

    func runUnary(_ call: borrowing ServerCall, _ body: @escaping @Sendable () async throws -> [UInt8]) {
        let reply = deferReply(to: call)
        run(call) { [core] in
            do {
                reply.succeed(try await body())
            } catch {
                reply.fail(core.status(of: error))
            }
        }
    }

    func runStream(
        _ call: borrowing ServerCall, _ body: @escaping @Sendable (ServerStreamWriter) async throws -> Void
    ) {
        open(call)
        let stream = call.stream
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        run(call) { [core, eventLoop] in
            let status: RPCStatus?
            do {
                try await body(ServerStreamWriter(connection: connection, stream: stream))
                status = nil
            } catch {
                status = core.status(of: error)
            }
            eventLoop.execute { connection.value.endStream(stream, status) }
        }
    }

    /// Runs `body` in the server's task group, and cancels it when the call ends before it.
    private func run(_ call: borrowing ServerCall, _ body: @escaping @Sendable () async -> Void) {
        let (cancellation, source) = AsyncStream<Never>.makeStream()
        calls[call.stream]?.onCancel = { source.finish() }
        core.submit {
            await withTaskGroup { group in
                group.addTask { await body() }
                group.addTask { for await _ in cancellation {} }
                await group.next()
                group.cancelAll()
            }
        }
    }

    func onCancel(_ stream: UInt32, _ action: @escaping () -> Void) {
        if calls[stream] != nil { calls[stream]?.onCancel = action } else { action() }
    }

    /// Answers an open call with what `body` writes.
    func completeDeferred(_ stream: UInt32, _ body: @escaping @Sendable (inout ReplyWriter) -> RPCStatus?) {
        guard !isHandling else {
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            return eventLoop.execute { bound.value.completeDeferred(stream, body) }
        }
        guard phase != .closed, streams.isOpen(stream) else { return }
        forget(stream)
        beginReply(stream)
        isHandling = true
        let failure = body(&writer)
        isHandling = false
        if let failure {
            writer.discard()
            writer.append(failure, stream: stream)
        } else {
            writer.end()
        }
        scheduleFlush()
    }

    /// Ends an open call, of which nothing more will come, with a status; what runs for it is cancelled.
    func endCall(_ stream: UInt32, _ status: RPCStatus) {
        guard phase != .closed, let call = forget(stream) else { return }
        call.onCancel?()
        for blocked in blockedSends where blocked.stream == stream { blocked.sent(.cancelled) }
        blockedSends.removeAll { $0.stream == stream }
        answer(stream, status)
        scheduleFlush()
    }

    /// An open call is answered, or about to be.
    @discardableResult
    func forget(_ stream: UInt32) -> OpenCall? {
        guard streams.callEnded(stream), let call = calls.removeValue(forKey: stream) else { return nil }
        deferredBytes -= call.payloadCount
        return call
    }

    /// Sends one message of a server stream; `sent` is called when the next may follow.
    func sendMessage(_ message: [UInt8], on stream: UInt32, _ sent: @escaping (RPCStatus?) -> Void) {
        guard phase == .open, streams.isOpen(stream) else { return sent(.cancelled) }
        guard message.count <= FrameHeader.maximumLength else { return sent(.resourceExhausted("message too large")) }
        beginReply(stream)
        writer.append(FrameHeader(length: UInt32(message.count), stream: stream, kind: .data), message)
        scheduleFlush()
        blockedSends.append((stream, sent))
        resumeSending()
    }

    /// Lets the senders of messages go on, unless much still waits for the peer.
    func resumeSending() {
        guard !blockedSends.isEmpty, let context, context.channel.isWritable else { return }
        guard writer.buffer.readableBytes + heldBytes < 1 << 20 else { return }
        let blocked = blockedSends
        blockedSends = []
        for entry in blocked { entry.sent(nil) }
    }

    private func endStream(_ stream: UInt32, _ status: RPCStatus?) {
        guard phase != .closed, streams.isOpen(stream) else { return }
        if let status { return endCall(stream, status) }
        forget(stream)
        beginReply(stream)
        writer.append(FrameHeader(length: 0, stream: stream, kind: .data, flags: [.remoteClosed, .noData]), [])
        scheduleFlush()
    }

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
        while let stream = deadlines.popExpired(now) { endCall(stream, .deadlineExceeded) }
        armDeadlineTimer()
    }
}

extension ServerCore {
    /// What a caller is told of an error that a method threw.
    func status(of error: any Error) -> RPCStatus {
        if let status = error as? RPCStatus { return status }
        if error is CancellationError { return .cancelled }
        logger.error("a call failed", metadata: ["error": "\(error)"])
        return .internal("internal error")
    }
}
