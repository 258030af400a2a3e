internal import NIOCore

/// What the connections of one event loop share.
final class ServerLoop {
    let eventLoop: any EventLoop
    let handlers: [any RPCHandler]
    let authorizer: any LoopAuthorizer
    let gate: LoopGate?

    init(_ core: ServerCore, on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        handlers = core.services.map { $0.makeHandler(on: eventLoop) }
        authorizer = core.authorizer.makeLoopAuthorizer(on: eventLoop)
        gate = core.makeGate.map { LoopGate($0(eventLoop), on: eventLoop) }
    }
}
