/// Why secret memory could not be had, or a process not be hardened.
public struct SecureMemoryError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        enum Value { case lockLimit, exhausted, alreadyStarted, libraryInUse, invalidCount, system }
        let value: Value

        /// The process may not lock as much memory as the arena needs.
        public static let lockLimit = Code(value: .lockLimit)
        /// The arena has no room left.
        public static let exhausted = Code(value: .exhausted)
        /// The arena was in use before it was started.
        public static let alreadyStarted = Code(value: .alreadyStarted)
        /// libcrypto had allocated memory before the arena was started.
        public static let libraryInUse = Code(value: .libraryInUse)
        /// A size that is negative or beyond what the arena can serve.
        public static let invalidCount = Code(value: .invalidCount)
        /// The operating system refused.
        public static let system = Code(value: .system)
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
