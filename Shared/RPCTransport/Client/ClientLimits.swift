public import NIOCore

/// How a client connects and what it grants its servers. Sizes are bytes.
public struct ClientLimits: Sendable, Hashable {
    /// Connections to each address.
    public var connectionsPerTarget = 1
    /// Open calls of one connection; further ones wait for a place until their deadline.
    public var streams = 1024
    public var connectTimeout = TimeAmount.seconds(5)
    /// From the connected socket to the verified identity.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// From the first byte of a frame to its last.
    public var readTimeout = TimeAmount.seconds(30)
    /// A connection older than this, less up to a tenth at random, is replaced and drained.
    public var lifetime = TimeAmount.minutes(45)
    /// How long running calls may take to finish when a connection drains.
    public var drainTimeout = TimeAmount.seconds(10)
    /// The first pause after a failed connection, and the longest; it doubles in between.
    public var backoff = TimeAmount.milliseconds(100)...TimeAmount.seconds(15)

    public init() {}
}
