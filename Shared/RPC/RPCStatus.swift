/// The status codes of gRPC, which ttrpc shares.
public enum RPCCode: Int32, Sendable, Hashable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The code's name in the gRPC specification, e.g. `INVALID_ARGUMENT`.
    public var name: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internal: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }
}

/// Why a call failed. The message travels to the peer: it is a fixed text that never echoes input or a library's words.
public struct RPCStatus: Error, Sendable, Hashable, CustomStringConvertible {
    public var code: RPCCode
    public var message: String
    /// Of a client's own status: nothing of the call was sent, so that any call may be made again.
    public var isUnsent = false

    public init(_ code: RPCCode, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.name): \(message)" }
}

extension RPCStatus {
    public static func invalidArgument(_ message: String) -> Self { Self(.invalidArgument, message) }
    public static func notFound(_ message: String) -> Self { Self(.notFound, message) }
    public static func permissionDenied(_ message: String) -> Self { Self(.permissionDenied, message) }
    public static func resourceExhausted(_ message: String) -> Self { Self(.resourceExhausted, message) }
    public static func failedPrecondition(_ message: String) -> Self { Self(.failedPrecondition, message) }
    public static func unavailable(_ message: String) -> Self { Self(.unavailable, message) }
    public static func `internal`(_ message: String) -> Self { Self(.internal, message) }

    public static let deadlineExceeded = Self(.deadlineExceeded, "deadline exceeded")
    public static let cancelled = Self(.cancelled, "call cancelled")
    public static let unknownMethod = Self(.unimplemented, "unknown service or method")
}
