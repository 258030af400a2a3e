public import FieldsealRPC

/// How one call is made.
public struct CallOptions: Sendable, Hashable {
    /// A request's or a trace's: 16 bytes.
    public typealias Identifier = CallIdentifier

    /// From the call to its answer, connecting and trials included; each part of a batch that is split has as long.
    public var timeout: Duration
    /// 16 bytes by which the audit log names the call; nil lets the client make random ones. A call that has one is never
    /// made together with others.
    public var requestID: Identifier?
    /// The W3C trace that the call belongs to.
    public var traceID: Identifier?
    /// How long an unreachable service is tried again; nil: as long as the client's configuration says.
    public var patience: Duration?

    /// Half a minute, and the configuration's patience, unless said otherwise.
    public init(
        timeout: Duration = .seconds(30), requestID: Identifier? = nil, traceID: Identifier? = nil,
        patience: Duration? = nil
    ) {
        self.timeout = timeout
        self.requestID = requestID
        self.traceID = traceID
        self.patience = patience
    }

    /// The same, in the trace that a `traceparent` header names (W3C Trace Context), as an incoming request carries it. What is
    /// no such header is ignored, as the specification demands.
    public func traced(by traceParent: String) -> Self {
        var options = self
        if let traceID = Identifier(traceParent: traceParent) { options.traceID = traceID }
        return options
    }
}
