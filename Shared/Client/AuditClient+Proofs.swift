public import FieldsealMessages

/// What a verifier asks the audit service; it believes none of it before it has checked the proofs.
extension AuditClient {
    /// The newest published checkpoint, a C2SP signed note, and the tree whose leaves are archived.
    public func checkpoint(options: CallOptions = CallOptions()) async throws(FieldsealError) -> AuditCheckpoint {
        try await channel.call("Checkpoint", Proto.CheckpointRequest(), options: options)
    }

    /// RFC 6962 proof that the tree of one size is the beginning of another's; hashes of 32 bytes.
    /// - Parameters:
    ///   - older: a size; 0 has an empty proof.
    ///   - newer: up to the size of the newest published checkpoint.
    public func proveConsistency(
        from older: UInt64, to newer: UInt64, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [[UInt8]] {
        let response: Proto.ProveConsistencyResponse = try await channel.call(
            "ProveConsistency", Proto.ProveConsistencyRequest(fromSize: older, toSize: newer), options: options)
        return response.path
    }

    /// Where the block of an event stands in the tree of a published checkpoint.
    /// - Parameter index: of the event, as queries answer it.
    public func proveEvent(_ index: UInt64, options: CallOptions = CallOptions()) async throws(FieldsealError)
        -> AuditEventProof
    {
        try await channel.call("ProveEvent", Proto.ProveEventRequest(index: index), options: options)
    }

    /// The leaves of a range in their order. Whoever reads them more slowly than they come is sent them again from where he
    /// is, so that few wait in memory.
    /// - Parameters:
    ///   - range: up to the size of the newest published checkpoint.
    ///   - withRows: what the database's columns say of their events, too.
    public func leaves(
        _ range: Range<UInt64>, withRows: Bool = false, options: CallOptions = CallOptions()
    ) throws(FieldsealError) -> AuditLeaves {
        AuditLeaves(range) { range throws(FieldsealError) in
            let request = Proto.ReadLeavesRequest(first: range.lowerBound, end: range.upperBound, withRows: withRows)
            return AuditLeaves.Part(
                answers: try channel.stream(
                    "ReadLeaves", request, options: options, bufferedMessages: AuditLeaves.bufferedMessages),
                items: \.leaves)
        }
    }
}
