public import NIOCore

/// Where denials go that no handler sees: into the audit trail, through the loop's own recorder, so that the answer is
/// held back until its record is durable.
public protocol DenialRecorder: Sendable {
    func makeLoopDenialRecorder(on loop: any EventLoop) -> any LoopDenialRecorder
}

/// One event loop's recorder of denials; used on that loop alone.
public protocol LoopDenialRecorder: AnyObject {
    /// - Returns: false where the denial cannot be recorded; the call then fails as unavailable.
    func recordDenial(_ denial: PolicyDenial) -> Bool
}

/// A call that the policy refused before its payload was parsed.
public struct PolicyDenial: Sendable {
    public let identity: String
    /// The address of the peer.
    public let address: String
    /// The operation asked for; nil for a method that no policy can grant.
    public let operation: PolicyOperation?
    public let requestID: (UInt64, UInt64)
    public let traceID: (UInt64, UInt64)
}
