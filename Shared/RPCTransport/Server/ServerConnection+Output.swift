internal import FieldsealRPC
internal import NIOCore

extension ServerConnection {
    /// Begins the reply of a stream in the current burst.
    func beginReply(_ stream: UInt32) {
        if writer.buffer.readableBytes == 0, let gate = loop.gate { mark = gate.submitted }
        writer.begin(stream)
    }

    /// Answers a stream with a status.
    func answer(_ stream: UInt32, _ status: RPCStatus) {
        beginReply(stream)
        writer.append(status, stream: stream)
    }

    /// Sends the replies of the burst, or holds them until the reply gate releases them.
    func endBurst() {
        let count = writer.buffer.readableBytes
        guard count > 0, phase != .closed, let context else { return }
        if let gate = loop.gate, let ticket = ticket(gate) {
            held.append((ticket, writer.buffer))
            heldBytes += count
            writer.buffer = context.channel.allocator.buffer(capacity: min(count, 1 << 16))
            gate.wait(for: ticket, self)
        } else {
            context.writeAndFlush(wrapOutboundOut(writer.buffer), promise: nil)
            if writer.buffer.capacity > 1 << 18 { writer.buffer = ByteBuffer() } else { writer.buffer.clear() }
        }
        boundOutput(context)
        resumeSending()
        closeIfDrained()
    }

    /// The commit for which the burst waits, or those before it; nil: none.
    private func ticket(_ gate: LoopGate) -> LoopGate.Ticket? {
        guard let last = held.last?.ticket else { return gate.ticket(since: mark) }
        return max(last, gate.ticket(since: mark) ?? last)
    }

    /// The gate let a commit's replies go, or forbade them.
    func released(_ ticket: LoopGate.Ticket, _ durable: Bool) {
        guard phase != .closed, let context else { return }
        guard durable else { return close() }
        while let first = held.first, first.ticket <= ticket {
            held.removeFirst()
            heldBytes -= first.buffer.readableBytes
            context.write(wrapOutboundOut(first.buffer), promise: nil)
        }
        context.flush()
        resumeReading(context)
        resumeSending()
        closeIfDrained()
    }

    /// Sends what was written outside of a burst, at the end of the loop's turn.
    func scheduleFlush() {
        guard !isHandling, !isFlushScheduled else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.endBurst()
        }
    }

    /// Stops reading while much waits to be sent, and closes where it is too much.
    private func boundOutput(_ context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        guard !isWritable || heldBytes > core.limits.queuedBytes / 4 else { return }
        isReadPaused = true
        let option = isWritable ? nil : try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        if heldBytes + (option ?? 0) > core.limits.queuedBytes { close() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            watched.becameWritable()
            resumeReading(context)
            resumeSending()
        } else {
            watched.becameUnwritable(eventLoop.now)
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if isReadPaused || phase != .open { hasPausedRead = true } else { context.read() }
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadPaused, phase == .open, context.channel.isWritable else { return }
        guard heldBytes <= core.limits.queuedBytes / 4 else { return }
        isReadPaused = false
        if hasPausedRead {
            hasPausedRead = false
            context.read()
        }
    }

    /// Answers, then closes without reading on. The pause lets the answer arrive: closing a socket with unread bytes resets it.
    func refuseAndClose(_ stream: UInt32, _ status: RPCStatus) {
        answer(stream, status)
        endBurst()
        guard phase == .open else { return }
        phase = .closing
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(500)) { bound.value.close() }
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closing
        context?.close(promise: nil)
    }

    /// Nothing further comes or goes: the calls that run are cancelled.
    func connectionEnded() {
        guard phase != .closed else { return }
        phase = .closed
        context = nil
        watch?.cancel()
        deadlineTimer?.task.cancel()
        held = []
        let ended = calls
        calls = [:]
        for call in ended.values { call.onCancel?() }
        let blocked = blockedSends
        blockedSends = []
        for entry in blocked { entry.sent(.cancelled) }
        peer.attachment = nil
    }
}
