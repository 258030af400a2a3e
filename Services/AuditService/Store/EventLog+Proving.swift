import FieldsealMessages
import FieldsealPostgres
import FieldsealTransparencyLog

extension EventLog {
    /// - Throws: `range` where the older tree is the larger one.
    func consistency(from older: UInt64, to newer: UInt64) async throws -> [TreeHash] {
        guard let path = ProofPath.consistency(from: older, to: newer) else { throw AuditServiceError.range }
        return try await hashes(of: [path], in: newer)[0]
    }

    /// Proofs that leaves stand in the tree of this size, which holds them.
    func inclusion(of indexes: [UInt64], in size: UInt64) async throws -> [Proto.LeafProof] {
        let paths = try indexes.map { index in
            guard let path = ProofPath.inclusion(of: index, in: size) else { throw AuditServiceError.range }
            return path
        }
        return zip(indexes, try await hashes(of: paths, in: size)).map { index, hashes in
            Proto.LeafProof(index: index, path: hashes.map(\.bytes))
        }
    }

    /// The leaves of blocks of an epoch that a tree of this size holds, from the first sequence on as far as there is no gap.
    func leaves(
        of producer: String, epoch: [UInt8], from first: Int64, count: Int, in size: UInt64
    ) async throws -> [UInt64] {
        let rows = try await pool.query(
            """
            SELECT position, sequence FROM audit_blocks
            WHERE producer = \(producer) AND epoch = \(epoch) AND sequence >= \(first)
            ORDER BY sequence LIMIT \(Int64(count))
            """)
        var leaves: [UInt64] = []
        for (row, offset) in zip(rows, Int64(0)...) {
            let index = UInt64(clamping: try row.value("position", as: Int64.self) - 1)
            guard try row.value("sequence") == first + offset, index < size else { break }
            leaves.append(index)
        }
        return leaves
    }

    /// Where an event stands: its leaf, and its place within it. Nil where there is no such event.
    func leaf(ofEvent index: Int64) async throws -> (index: UInt64, leaf: LogLeaf, event: UInt32)? {
        let rows = try await pool.query(
            """
            SELECT position, event_sequence, block, signature FROM audit_events JOIN audit_blocks USING (position, month)
            WHERE index = \(index)
            """)
        guard let row = rows.first else { return nil }
        let encoded: [UInt8] = try row.value("block")
        let sequence = UInt64(clamping: try row.value("event_sequence", as: Int64.self))
        guard let block = try? Proto.Block(decoding: encoded, limit: 16 << 20),
            let place = block.events.firstIndex(where: { (try? Proto.Event(decoding: $0))?.sequence == sequence })
        else { throw AuditServiceError.corrupt }
        return (
            UInt64(clamping: try row.value("position", as: Int64.self) - 1),
            LogLeaf(block: encoded, signature: try row.value("signature")), UInt32(place)
        )
    }
}
