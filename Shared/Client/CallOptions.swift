public import FieldsealRPC

/// How one call is made.
public struct CallOptions: Sendable, Hashable {
    /// From the call to its answer, connecting included; each part of a batch that is split has as long.
    public var timeout: Duration
    /// 16 bytes by which the audit log names the call; nil lets the client make random ones.
    public var requestID: CallIdentifier?
    /// The W3C trace that the call belongs to.
    public var traceID: CallIdentifier?

    public init(timeout: Duration = .seconds(30), requestID: CallIdentifier? = nil, traceID: CallIdentifier? = nil) {
        self.timeout = timeout
        self.requestID = requestID
        self.traceID = traceID
    }
}
