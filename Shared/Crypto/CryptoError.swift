/// Why a cryptographic operation was refused. Says nothing of the input; the code is for audit events and status codes.
public struct CryptoError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A fixed word, fit for an audit event.
        public let description: String

        /// Too short, trailing bytes, an unknown format byte or a text form that is not canonical.
        public static let malformed = Code(description: "malformed")
        /// An unknown suite, or another than the key version's.
        public static let suite = Code(description: "suite")
        /// Unknown flags, or others than the field and the caller's context imply.
        public static let flags = Code(description: "flags")
        /// A key version other than the cipher's.
        public static let version = Code(description: "version")
        /// A subject key other than the cipher's.
        public static let subject = Code(description: "subject")
        /// The commitment to the key does not hold.
        public static let commitment = Code(description: "commitment")
        /// The authentication tag does not hold.
        public static let tag = Code(description: "tag")
        /// A size beyond the format's limits, or a buffer of the wrong size.
        public static let size = Code(description: "size")
        /// A parameter outside its bounds, or a record id where one is missing.
        public static let parameter = Code(description: "parameter")
        /// A key of the wrong size or a public key that gives no secret.
        public static let key = Code(description: "key")
        /// Text that is not valid UTF-8 where it must be.
        public static let text = Code(description: "text")
        /// A text that is too short to be searched for.
        public static let term = Code(description: "term")
        /// The locked memory is exhausted or cannot be had.
        public static let memory = Code(description: "memory")
        /// libcrypto or the kernel's random source failed.
        public static let library = Code(description: "library")
    }

    public let code: Code

    public init(_ code: Code) { self.code = code }

    public var description: String { "cryptographic operation refused: \(code)" }

    /// What a peer may learn as `ciphertext rejected`: the input, not the service, is at fault.
    public var isRejection: Bool {
        switch code {
        case .malformed, .suite, .flags, .version, .subject, .commitment, .tag: true
        default: false
        }
    }
}
