import FieldsealAuditTrail
import FieldsealTransparencyLog

/// The service's own blocks go into its own store, checked like everybody's, and are proven to it like everybody's.
struct LocalBlockSink: BlockSink {
    /// The service's own identity.
    let producer: String
    let log: EventLog
    let publication: Publication

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        let received = try blocks.map { try ReceivedBlock($0.block, signature: $0.signature) }
        guard received.allSatisfy({ $0.producer == producer }) else { throw AuditServiceError.foreignProducer }
        let appended = try await log.append(received)
        if let finding = appended.finding { throw AuditServiceError.refused(finding.kind) }
        return UInt64(bitPattern: appended.sequence)
    }
}

extension LocalBlockSink: BlockProver {
    func proveBlocks(epoch: EventIdentifier, from first: UInt64, count: Int) async throws -> BlockProofs {
        let proof = try await publication.proof(
            ofBlocks: Int64(clamping: first), count: count, epoch: epoch.bytes, producer: producer)
        return try BlockProofs(proof)
    }

    func proveConsistency(from older: UInt64, to newer: UInt64) async throws -> [TreeHash] {
        try await log.consistency(from: older, to: newer)
    }
}
