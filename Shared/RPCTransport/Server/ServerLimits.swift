public import NIOCore

/// What a server grants its peers. Sizes are bytes.
public struct ServerLimits: Sendable, Hashable {
    /// Connections at a time, those in their handshake included.
    public var connections = 4096
    /// Open calls of one connection; more are answered `RESOURCE_EXHAUSTED`.
    public var streams = 1024
    /// Request payloads that one connection's open calls may hold.
    public var deferredBytes = 32 << 20
    /// Output that one connection may have waiting; over it the connection is closed.
    public var queuedBytes = 64 << 20
    /// From the accepted socket to the verified identity.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// From the first byte of a frame to its last.
    public var readTimeout = TimeAmount.seconds(30)
    /// How long a peer may leave a full output queue unread.
    public var writeTimeout = TimeAmount.seconds(30)
    /// How long a connection may be without an open call or a byte.
    public var idleTimeout = TimeAmount.minutes(15)
    /// The total life of a connection, after which it is drained.
    public var lifetime = TimeAmount.hours(1)
    /// How long running calls may take to finish when a connection or the server drains.
    public var drainTimeout = TimeAmount.seconds(10)
    /// A longer timeout of a unary call is cut to this; a unary call without one gets it.
    public var unaryTimeout = TimeAmount.minutes(5)

    public init() {}
}
