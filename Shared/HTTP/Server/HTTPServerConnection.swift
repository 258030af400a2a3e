internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One connection of a server: reads requests whole, one after the other, and has them answered.
///
/// A request or a pause that takes too long ends the connection, and so does a body that is too long, after its answer.
final class HTTPServerConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case awaitingRequest
        case reading(HTTPRequestHead, [UInt8])
        case answering
        /// Whatever still comes is of a request that was refused.
        case ending
    }

    private let limits: HTTPServerLimits
    private let answer: HTTPServer.Answer
    private var state = State.awaitingRequest
    private var timer: Scheduled<Void>?

    init(limits: HTTPServerLimits, answer: @escaping HTTPServer.Answer) {
        (self.limits, self.answer) = (limits, answer)
    }

    func handlerAdded(context: ChannelHandlerContext) { end(context, after: limits.request) }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, unwrapInboundIn(data)) {
        case (.awaitingRequest, .head(let head)):
            state = .reading(head, [])
            end(context, after: limits.request)
        case (.reading(let head, var body), .body(let part)):
            guard body.count + part.readableBytes <= limits.bodyCount else {
                let refusal = HTTPResponse(status: 413, body: HTTPBody("the body is too long\n"))
                return send(refusal, to: head, context, isLast: true)
            }
            body += part.readableBytesView
            state = .reading(head, body)
        case (.reading(let head, let body), .end):
            state = .answering
            timer?.cancel()
            run(HTTPServerRequest(method: head.method.rawValue, target: head.uri, body: body), head, context)
        case (.awaitingRequest, _), (.reading, .head), (.answering, _), (.ending, _): break
        }
    }

    private func run(_ request: HTTPServerRequest, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) { [answer] in answer(request) }
            .whenComplete { result in
                let (connection, context) = bound.value
                guard context.channel.isActive else { return }
                switch result {
                case .success(let response): connection.send(response, to: head, context, isLast: !head.isKeepAlive)
                case .failure: context.close(promise: nil)
                }
            }
    }

    private func send(
        _ response: HTTPResponse, to request: HTTPRequestHead, _ context: ChannelHandlerContext, isLast: Bool
    ) {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "Content-Length", value: "\(response.body.count)")
        if isLast { headers.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: request.version, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        state = isLast ? .ending : .awaitingRequest
        end(context, after: isLast ? limits.request : limits.idle)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(response.body.buffer))), promise: nil)
        let sent = context.eventLoop.makePromise(of: Void.self)
        if isLast { sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    /// Ends the connection at that time, and at no earlier one that was set before.
    private func end(_ context: ChannelHandlerContext, after limit: Duration) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { context.close(promise: nil) }
    }
}
