/// What one block holds at most.
enum BlockLimits {
    static let events = 4096
    /// Of the encoded `Block`.
    static let bytes = 256 << 10
    /// Bytes of identifiers in one event, several folds of different batches together.
    static let eventIdentifiers = 128 << 10
}
