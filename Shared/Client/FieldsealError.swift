import FieldsealMessages
public import FieldsealRPC

/// Why a call, or one item of it, failed. Texts come from the services; they never hold values or keys.
public struct FieldsealError: Error, Sendable, Hashable, CustomStringConvertible {
    public typealias Code = RPCCode

    /// The gRPC status code.
    public let code: Code
    /// A fixed text, which never holds a value.
    public let message: String
    /// Whether the client refused the call itself, for its configuration or its size; nothing was sent.
    public let isLocal: Bool

    public init(_ code: Code, _ message: String, isLocal: Bool = false) {
        self.code = code
        self.message = message
        self.isLocal = isLocal
    }

    public var description: String { "\(code.name): \(message)" }

    init(_ status: RPCStatus) {
        self.init(status.code, status.message)
    }

    init(_ error: Proto.ItemError) {
        self.init(Code(rawValue: error.code) ?? .unknown, error.message)
    }

    init(_: MessageError) {
        self.init(.internal, "the service's answer is malformed")
    }

    static let wrongCount = FieldsealError(.internal, "the service answered another number of items")
    static let cancelled = FieldsealError(RPCStatus.cancelled)
    static let noOutcome = FieldsealError(.internal, "the service answered an item without a result")
}

extension FieldsealError {
    /// Of whatever a stream ends with.
    init(any error: any Error) {
        switch error {
        case let status as RPCStatus: self.init(status)
        case let malformed as MessageError: self.init(malformed)
        case is CancellationError: self.init(.cancelled)
        default: self.init(.unknown, "the call failed")
        }
    }
}
