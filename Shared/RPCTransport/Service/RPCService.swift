public import FieldsealRPC
public import NIOCore

/// How the messages of a method flow.
public enum RPCMethodKind: Sendable, Hashable {
    case unary
    case serverStreaming
}

/// One method of a service.
public struct RPCMethod: Sendable, Hashable {
    /// The method's name on the wire, e.g. `Encrypt`.
    public var name: String
    public var kind: RPCMethodKind

    public init(_ name: String, _ kind: RPCMethodKind = .unary) {
        self.name = name
        self.kind = kind
    }
}

/// A service that a server offers under one name.
public protocol RPCService: Sendable {
    /// The full name on the wire, e.g. `fieldseal.v1.Encryption`.
    var name: String { get }
    /// A handler learns of a method by its index in this array.
    var methods: [RPCMethod] { get }
    /// Makes the handler of one event loop; it is used on that loop alone.
    func makeHandler(on loop: any EventLoop) -> any RPCHandler
}

/// Answers the calls of one service on one event loop.
public protocol RPCHandler: AnyObject {
    /// Answers a unary call, on the loop and without blocking it.
    ///
    /// `payload` is valid during the call only. The reply's payload is written in place through `reply`.
    func unary(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall, reply: inout ReplyWriter
    ) -> UnaryOutcome

    /// Begins a server-streaming call; the messages are sent later through `call.openStream()`.
    ///
    /// - Returns: nil where the stream has been opened, otherwise the status that ends the call.
    func serverStreaming(method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall) -> RPCStatus?
}

extension RPCHandler {
    public func serverStreaming(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall
    ) -> RPCStatus? { .unknownMethod }
}

/// How a handler ended a unary call.
public enum UnaryOutcome {
    /// The reply was written, or is empty.
    case replied
    /// What was written is discarded; the status is answered.
    case failed(RPCStatus)
    /// The reply comes through the `DeferredReply` that `ServerCall.deferred()` gave.
    case later
}
