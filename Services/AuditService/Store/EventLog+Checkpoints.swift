import FieldsealPostgres
import FieldsealTransparencyLog

/// A checkpoint that this service has signed, as it is stored.
struct StoredCheckpoint: Sendable {
    let checkpoint: Checkpoint
    let note: SignedNote
    let signedAt: Int64
}

extension EventLog {
    /// Blocks read at once by the second path; each has up to 256 KiB.
    private static let chunk = 64

    /// Goes on from a tree that was signed with the bytes of the blocks behind it, as the database holds them now.
    /// - Throws: `TreeProblem` where that is not the tree of the head.
    func recomputed(from signed: MerkleFrontier, to head: TreeHead) async throws -> MerkleFrontier {
        var frontier = signed
        while frontier.size < head.size {
            let (first, last) = (Int64(clamping: frontier.size), Int64(clamping: head.size))
            let rows = try await pool.query(
                """
                SELECT block, signature, leaf_hash FROM audit_blocks WHERE position > \(first) AND position <= \(last)
                ORDER BY position LIMIT \(Int64(Self.chunk))
                """)
            guard !rows.isEmpty else {
                throw TreeProblem(.damaged, size: head.size, root: head.root, "block \(first + 1) is missing")
            }
            for row in rows {
                let leaf = LogLeaf(block: try row.value("block"), signature: try row.value("signature")).hash
                guard try row.hash("leaf_hash") == leaf else {
                    throw TreeProblem(
                        .damaged, size: head.size, root: head.root,
                        "block \(frontier.size + 1) is not the one of its leaf")
                }
                frontier.append(leaf)
            }
        }
        guard frontier.size == head.size, frontier.root == head.root else {
            throw TreeProblem(.damaged, size: head.size, root: frontier.root, "the blocks have another root")
        }
        return frontier
    }

    func store(_ note: SignedNote, of head: TreeHead) async throws {
        try await pool.query(
            """
            INSERT INTO audit_checkpoints (size, root, term, signed_unix_us, note)
            VALUES (\(Int64(clamping: head.size)), \(head.root.bytes), \(head.term), \(clock()), \(note.encoded))
            ON CONFLICT DO NOTHING
            """)
    }

    /// The newest checkpoint that was signed.
    func newestCheckpoint() async throws -> StoredCheckpoint? {
        try await checkpoint("true")
    }

    func store(_ cosignatures: [SignedNote.Signature], of size: UInt64) async throws {
        for signature in cosignatures {
            guard let cosignature = Cosignature(signature.bytes) else { continue }
            try await pool.query(
                """
                INSERT INTO audit_cosignatures (size, witness, cosigned_unix_s, signature)
                VALUES (\(Int64(clamping: size)), \(signature.key.description), \(Int64(clamping: cosignature.timestamp)),
                    \(signature.bytes))
                ON CONFLICT DO NOTHING
                """)
        }
    }

    /// The size that a witness cosigned last, as far as the database knows; 0: none.
    func cosignedSize(of witness: NoteVerifier) async throws -> UInt64 {
        let row = try await pool.query(
            "SELECT coalesce(max(size), 0) AS size FROM audit_cosignatures WHERE witness = \(witness.key.description)"
        ).single()
        return UInt64(clamping: try row.value("size", as: Int64.self))
    }

    /// The newest checkpoint that enough of the witnesses have cosigned, with their cosignatures.
    func published(by witnesses: [NoteVerifier], quorum: Int) async throws -> StoredCheckpoint? {
        guard quorum > 0 else { return try await newestCheckpoint() }
        let names = witnesses.map(\.key.description)
        let newest = try await pool.query(
            """
            SELECT size FROM audit_cosignatures WHERE witness = ANY(\(names)) GROUP BY size
            HAVING count(DISTINCT witness) >= \(quorum) ORDER BY size DESC LIMIT 1
            """)
        guard let size = try newest.first?.value("size", as: Int64.self),
            let stored = try await checkpoint("size = \(size)")
        else { return nil }
        let rows = try await pool.query(
            """
            SELECT DISTINCT ON (witness) witness, signature, cosigned_unix_s FROM audit_cosignatures
            WHERE size = \(size) AND witness = ANY(\(names)) ORDER BY witness, cosigned_unix_s DESC
            """)
        let keys = Dictionary(witnesses.map { ($0.key.description, $0.key) }) { first, _ in first }
        var note = stored.note
        note.add(
            try rows.compactMap { row in
                guard let key = keys[try row.value("witness")] else { return nil }
                return SignedNote.Signature(key: key, bytes: try row.value("signature"))
            })
        let last = try rows.map { try $0.value("cosigned_unix_s", as: Int64.self) }.max() ?? 0
        return StoredCheckpoint(
            checkpoint: stored.checkpoint, note: note, signedAt: max(stored.signedAt, last * 1_000_000))
    }

    private func checkpoint(_ condition: PostgresQuery) async throws -> StoredCheckpoint? {
        let rows = try await pool.query(
            """
            SELECT note, signed_unix_us FROM audit_checkpoints WHERE \(condition)
            ORDER BY size DESC, signed_unix_us DESC LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        guard let note = try? SignedNote(parsing: try row.value("note")),
            let checkpoint = try? Checkpoint(text: note.text)
        else { throw AuditServiceError.corrupt }
        return StoredCheckpoint(checkpoint: checkpoint, note: note, signedAt: try row.value("signed_unix_us"))
    }
}
