public import FieldsealRPC
public import NIOCore

/// Decides who may call what, before a payload is parsed. Asked for every call but those of `grpc.health.v1.Health`.
public protocol RPCAuthorizer: Sendable {
    /// Makes the authorizer of one event loop; it is used on that loop alone.
    func makeLoopAuthorizer(on loop: any EventLoop) -> any LoopAuthorizer
}

public protocol LoopAuthorizer: AnyObject {
    /// Decides on a call, on the loop and without blocking it.
    ///
    /// - Returns: nil to go on, otherwise the status that is answered. The authorizer has recorded the denial itself.
    func authorize(call: borrowing ServerCall) -> RPCStatus?
}
