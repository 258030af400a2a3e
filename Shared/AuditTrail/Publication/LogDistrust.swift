/// A log shows what an honest one never does. Nothing that rests on it is trimmed.
struct LogDistrust: Error, Hashable, CustomStringConvertible {
    let description: String

    static func checkpoint(_ error: any Error) -> Self {
        Self(description: "its checkpoint is not to be believed (\(error))")
    }

    static func inclusion(_ sequence: UInt64, _ error: any Error) -> Self {
        Self(description: "it does not prove that it holds block \(sequence) (\(error))")
    }

    static func consistency(_ error: any Error) -> Self {
        Self(description: "it does not continue the log that was seen before (\(error))")
    }

    static let rollback = Self(description: "it has become smaller")
    static let malformed = Self(description: "its answer is malformed")
}
