public import NIOCore

/// The other side of an established connection. One object a connection.
// Sendable: `storage` is touched on the event loop alone, all else is constant.
public final class RPCPeer: @unchecked Sendable {
    /// The one URI SAN of the peer's certificate, verified.
    public let identity: String
    /// The remote address, e.g. `127.0.0.1:50312`.
    public let address: String
    /// The event loop that owns the connection.
    public let eventLoop: any EventLoop
    private var storage: AnyObject?

    /// A place for what a handler or an authorizer wants to remember of this connection; on the event loop alone.
    public var attachment: AnyObject? {
        get {
            eventLoop.assertInEventLoop()
            return storage
        }
        set {
            eventLoop.assertInEventLoop()
            storage = newValue
        }
    }

    public init(identity: String, address: String, eventLoop: any EventLoop) {
        self.identity = identity
        self.address = address
        self.eventLoop = eventLoop
    }
}
