/// Why a call over HTTP got no answer that can be used. Holds neither URL, header nor body.
public struct HTTPCallError: Error, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// No connection, no answer in time, or a broken one.
        case unreachable
        /// The server's certificate, or TLS with it, does not hold.
        case untrusted
        /// An answer longer than was allowed.
        case tooLarge
        /// The request cannot be sent as it is: its URL or a header is malformed, or its scheme is not allowed.
        case request
        /// A file or a setting of the client cannot be used.
        case configuration
        /// The calling task was cancelled.
        case cancelled
    }

    public var code: Code
    public var description: String

    public init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}
