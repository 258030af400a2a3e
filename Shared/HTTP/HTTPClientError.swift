/// Why a call over HTTP got no answer that can be used. Holds neither URL, header nor body.
public struct HTTPCallError: Error, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// No connection, no answer in time, or a broken one.
        case unreachable
        /// An answer longer than was allowed.
        case tooLarge
    }

    public var code: Code
    public var description: String

    public init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}
