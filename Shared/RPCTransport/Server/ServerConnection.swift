internal import FieldsealRPC
internal import NIOCore

final class ServerConnection {
    let eventLoop: any EventLoop
    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }
    func deferReply(to stream: UInt32, payloadCount: Int) -> DeferredReply { fatalError("unfinished") }
    func runUnary(stream: UInt32, payloadCount: Int, _ body: @escaping @Sendable () async throws -> [UInt8]) {}
    func runStream(
        stream: UInt32, payloadCount: Int, _ body: @escaping @Sendable (ServerStreamWriter) async throws -> Void
    ) {}
    func completeDeferred(_ stream: UInt32, _ body: (inout ReplyWriter) -> RPCStatus?) {}
    func onCancel(_ stream: UInt32, _ action: @escaping () -> Void) {}
    func sendMessage(_ message: [UInt8], on stream: UInt32, _ sent: @escaping (RPCStatus?) -> Void) {}
}
