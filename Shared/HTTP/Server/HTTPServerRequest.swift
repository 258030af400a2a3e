/// A request as a server reads it, whole.
public struct HTTPServerRequest: Hashable, Sendable {
    /// In upper case as a rule, e.g. `POST`.
    public let method: String
    /// Path and query as they were sent.
    public let target: String
    /// At most the server's limit of bytes.
    public let body: [UInt8]

    public init(method: String, target: String, body: [UInt8] = []) {
        (self.method, self.target, self.body) = (method, target, body)
    }
}

/// What a server allows its clients.
public struct HTTPServerLimits: Sendable {
    /// Bytes of a request's body; a longer one is answered 413.
    public var bodyCount: Int
    /// At one time; further ones are closed.
    public var connections: Int
    /// From the connection, and from the head of a request, until the request is whole.
    public var request: Duration
    /// From an answer to the head of the next request.
    public var idle: Duration
    /// For requests that run when the server stops.
    public var drain: Duration

    public init(
        bodyCount: Int = 64 << 10, connections: Int = 128, request: Duration = .seconds(10),
        idle: Duration = .seconds(90), drain: Duration = .seconds(5)
    ) {
        (self.bodyCount, self.connections, self.request, self.idle, self.drain) = (
            bodyCount, connections, request, idle, drain
        )
    }
}
