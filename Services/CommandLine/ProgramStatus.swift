import FieldsealClient
import FieldsealServiceRuntime

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the program ends with.
enum ProgramStatus: Int32 {
    case done = 0
    case failed = 1
    /// Wrong arguments, configuration or input file.
    case usage = 2
    /// By certificate or policy.
    case denied = 3
    case unreachable = 4
}

func exitProcess(_ status: ProgramStatus) -> Never {
    exit(status.rawValue)
}

/// A failure as the user sees it: one line that names the mend.
struct CommandFailure: Error {
    var status: ProgramStatus
    var text: String

    init(_ status: ProgramStatus, _ text: String) {
        self.status = status
        self.text = text
    }

    init(_ error: FieldsealError) {
        self.init(
            error.isLocal ? .usage : ProgramStatus(error.code),
            error.isLocal ? error.message : error.mend.map { "\(error) (\($0))" } ?? error.description)
    }

    /// - Parameter usage: the text for what the argument parser refused.
    init(any error: any Error, usage: (any Error) -> String) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as FieldsealError: self.init(error)
        case let error as ClientConfigurationError: self.init(.usage, error.description)
        case let error as ConfigurationError: self.init(.usage, error.description)
        default: self.init(.usage, usage(error))
        }
    }
}

extension ProgramStatus {
    init(_ code: FieldsealError.Code) {
        switch code {
        case .permissionDenied, .unauthenticated: self = .denied
        case .unavailable, .deadlineExceeded: self = .unreachable
        default: self = .failed
        }
    }
}

extension FieldsealError {
    /// What helps, where that can be said.
    var mend: String? {
        switch code {
        case .permissionDenied:
            "the policy does not grant this to your certificate; rules stand in the servers' policy.yaml"
        case .unauthenticated: "the service does not take your certificate; see tls in your configuration"
        case .unavailable: "see fieldseal status, and the addresses in your configuration"
        case .deadlineExceeded: "allow more time by --timeout, or see fieldseal status"
        case .unimplemented: "the service is of another version than this program"
        default: nil
        }
    }
}
