import FieldsealAuditTrail

/// The service's own blocks go into its own store, checked like everybody's.
struct LocalBlockSink: BlockSink {
    let log: EventLog

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        let received = try blocks.map { try ReceivedBlock($0.block, signature: $0.signature) }
        guard received.allSatisfy({ $0.producer == producer }) else { throw AuditServiceError.foreignProducer }
        let appended = try await log.append(received)
        if let finding = appended.finding { throw AuditServiceError.refused(finding.kind) }
        return UInt64(bitPattern: appended.sequence)
    }
}
