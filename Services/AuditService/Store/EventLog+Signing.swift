import FieldsealPostgres

extension EventLog {
    /// Sequences of those blocks of a batch whose signatures do not hold. Asked outside the transaction that stores them:
    /// an epoch's first block does not change, and one that is not stored yet stands in the batch or leaves a gap.
    func misSigned(_ blocks: [ReceivedBlock]) async throws -> Set<Int64> {
        guard let first = blocks.first else { return [] }
        return EpochSigning.refused(
            blocks, stored: try await signing(of: first), isContinuation: try await isContinuation())
    }

    /// Whether the log takes the place of another one.
    private func isContinuation() async throws -> Bool {
        if let known = memory.isContinuation { return known }
        let found = try await !pool.query("SELECT FROM audit_origin").isEmpty
        memory.note(isContinuation: found)
        return found
    }

    /// What the stored first block of a block's epoch says; nil where it is not stored.
    private func signing(of block: ReceivedBlock) async throws -> EpochSigning? {
        let epoch = EpochSigningCache.Epoch(producer: block.producer, bytes: block.epoch)
        if let known = signings[epoch] { return known }
        let rows = try await pool.query(
            """
            SELECT block FROM audit_blocks
            WHERE producer = \(epoch.producer) AND epoch = \(epoch.bytes) AND sequence = 1
            UNION ALL SELECT opening FROM audit_archived_epochs
            WHERE producer = \(epoch.producer) AND epoch = \(epoch.bytes) AND opening IS NOT NULL
            """)
        guard let stored = try rows.first?.value("block", as: [UInt8].self) else { return nil }
        guard let first = try? ReceivedBlock(stored, signature: []) else { throw AuditServiceError.corrupt }
        let signing = EpochSigning(first: first)
        signings.store(signing, of: epoch)
        return signing
    }
}
