public import FieldsealMessages

/// Leaves of the log, as they arrive. Reading throws `FieldsealError` where the connection or the service ends them.
public struct AuditLeaves: AsyncSequence, Sendable {
    typealias Part = StreamedItems<Proto.ReadLeavesResponse, AuditLeaf>

    /// Of some 256 KiB, or of one longer leaf, each.
    static let bufferedMessages = 64

    private let range: Range<UInt64>
    private let open: @Sendable (Range<UInt64>) throws(FieldsealError) -> Part

    init(_ range: Range<UInt64>, open: @escaping @Sendable (Range<UInt64>) throws(FieldsealError) -> Part) {
        self.range = range
        self.open = open
    }

    public func makeAsyncIterator() -> Iterator { Iterator(left: range, open: open) }

    public struct Iterator: AsyncIteratorProtocol {
        private var left: Range<UInt64>
        private let open: @Sendable (Range<UInt64>) throws(FieldsealError) -> Part
        private var part: Part.Iterator?
        /// Since `part` began.
        private var hasAdvanced = false

        init(left: Range<UInt64>, open: @escaping @Sendable (Range<UInt64>) throws(FieldsealError) -> Part) {
            self.left = left
            self.open = open
        }

        public mutating func next() async throws(FieldsealError) -> AuditLeaf? {
            while !left.isEmpty {
                var current: Part.Iterator
                if let part {
                    current = part
                } else {
                    current = try open(left).makeAsyncIterator()
                    hasAdvanced = false
                }
                let read = await Self.read(&current)
                part = current
                switch read {
                case .success(let leaf):
                    if let leaf { passed(leaf.index) }
                    return leaf
                case .failure(let error):
                    // Too many messages were unread: the rest is asked for anew.
                    guard error.code == .resourceExhausted, hasAdvanced else { throw error }
                    part = nil
                }
            }
            return nil
        }

        /// What the service says of the index may be wrong, and is found out by who verifies the leaf.
        private mutating func passed(_ index: UInt64) {
            guard index >= left.lowerBound else { return }
            left = (index < left.upperBound ? index + 1 : left.upperBound)..<left.upperBound
            hasAdvanced = true
        }

        private static func read(_ part: inout Part.Iterator) async -> Result<AuditLeaf?, FieldsealError> {
            do throws(FieldsealError) {
                return .success(try await part.next())
            } catch {
                return .failure(error)
            }
        }
    }
}
