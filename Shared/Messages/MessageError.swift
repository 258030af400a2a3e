/// Why bytes are not the message that they should be. Texts are fixed: no part of the input is repeated.
public struct MessageError: Error, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Not a protobuf encoding of the message.
        case malformed
        /// A `string` that is not UTF-8.
        case invalidText
        /// An enum value that this version does not know.
        case unknownEnumerationValue
        /// Unpacked, the message takes more memory than the arena may give.
        case tooLarge
    }

    public let code: Code

    public init(_ code: Code) {
        self.code = code
    }

    public var description: String {
        switch code {
        case .malformed: "the message is malformed"
        case .invalidText: "a text in the message is not UTF-8"
        case .unknownEnumerationValue: "the message holds an unknown enumeration value"
        case .tooLarge: "the message needs more memory than is allowed"
        }
    }
}
