public import FieldsealMessages

/// What a verifier asks the audit service; it believes none of it before it has checked the proofs.
extension AuditClient {
    /// The newest published checkpoint: a C2SP signed note.
    public func checkpoint(options: CallOptions = CallOptions()) async throws(FieldsealError) -> [UInt8] {
        let response: Proto.CheckpointResponse = try await channel.call(
            "Checkpoint", Proto.CheckpointRequest(), options: options)
        return response.note
    }

    /// Where the block of an event stands in the tree of a published checkpoint.
    /// - Parameter index: of the event, as queries answer it.
    public func proveEvent(_ index: UInt64, options: CallOptions = CallOptions()) async throws(FieldsealError)
        -> AuditEventProof
    {
        try await channel.call("ProveEvent", Proto.ProveEventRequest(index: index), options: options)
    }

    /// The leaves of a range in their order.
    /// - Parameters:
    ///   - range: up to the size of the newest published checkpoint.
    ///   - withRows: what the database's columns say of their events, too.
    public func leaves(
        _ range: Range<UInt64>, withRows: Bool = false, options: CallOptions = CallOptions()
    ) throws(FieldsealError) -> AuditLeaves {
        let request = Proto.ReadLeavesRequest(first: range.lowerBound, end: range.upperBound, withRows: withRows)
        return AuditLeaves(answers: try channel.stream("ReadLeaves", request, options: options))
    }
}

/// Leaves of the log, as they arrive. Reading them throws `FieldsealError`.
public struct AuditLeaves: AsyncSequence {
    typealias Answers = AsyncThrowingMapSequence<AsyncThrowingStream<[UInt8], any Error>, Proto.ReadLeavesResponse>

    let answers: Answers

    public func makeAsyncIterator() -> Iterator { Iterator(answers: answers.makeAsyncIterator()) }

    public struct Iterator: AsyncIteratorProtocol {
        var answers: Answers.Iterator
        var waiting: ArraySlice<AuditLeaf> = []

        public mutating func next() async throws(FieldsealError) -> AuditLeaf? {
            while waiting.isEmpty {
                do {
                    guard let answer = try await answers.next() else { return nil }
                    waiting = answer.leaves[...]
                } catch {
                    throw FieldsealError(any: error)
                }
            }
            return waiting.popFirst()
        }
    }
}
