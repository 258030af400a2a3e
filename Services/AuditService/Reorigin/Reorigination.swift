import FieldsealMessages
import FieldsealPostgres
import FieldsealTransparencyLog

/// Begins a log of another origin in the place of one that the database no longer holds as it was.
///
/// The old log's tables go into a schema of their own, unchanged. The new log's first leaf is the statement of loss. What is
/// known of the old epochs' keys goes on, and so do legal holds; what producers still have, they send again.
struct Reorigination: Sendable {
    let log: EventLog
    let owner: LogOwner
    /// The new log's.
    let origin: String
    let signers: [any CheckpointSigner]
    /// The service's own.
    let identity: String
    /// The last checkpoint that the service itself has believed.
    let remembered: SignedNote?
    /// One of the old log that the operator has found.
    let given: SignedNote?

    struct Summary: Sendable {
        let statement: LossStatement
        /// Where the old log's tables are now.
        let schema: String
    }

    /// - Throws: `ReoriginError`; nothing is changed then.
    func perform(reason: String) async throws -> Summary {
        try await owner.withPool { pool in
            for migrations in LogPreparation.migrations { try await migrations.apply(to: pool, logger: log.logger) }
            let statement = try await statement(reason: reason)
            let note = try await SignedNote(text: statement.text, signedBy: signers)
            let schema = try await pool.withTransaction { connection in
                try await connection.query("SET LOCAL lock_timeout = '10s'")
                try await connection.lockUntilCommit(EventLog.lock)
                let schema = try await Self.moveAway(connection)
                try await AuditSchema.migrations.applyAnew(connection)
                try await Self.carryOver(from: schema, at: log.clock(), connection)
                try await connection.query(
                    """
                    INSERT INTO audit_origin (previous, statement, begun_unix_us)
                    VALUES (\(statement.lastCheckpoint.origin), \(note.encoded), \(log.clock()))
                    """)
                let opening = try OpeningBlock.make(statement: note, producer: identity, at: log.clock())
                _ = try await EventLog(pool: pool, clock: log.clock, logger: log.logger)
                    .append([opening], misSigned: [], connection)
                return schema
            }
            return Summary(statement: statement, schema: schema)
        }
    }

    private func statement(reason: String) async throws -> LossStatement {
        let stored = try await log.newestCheckpoint()
        let known = try [stored?.note, given, remembered].compactMap { $0 }.map { note in
            (note: note, checkpoint: try Checkpoint(text: note.text))
        }
        // Of two logs, the one in the database is the one that is replaced.
        guard let previous = stored?.checkpoint.origin ?? known.first?.checkpoint.origin else {
            throw ReoriginError.nothing
        }
        guard previous != origin else { throw ReoriginError.sameOrigin(origin) }
        if let given = try given.map({ try Checkpoint(text: $0.text).origin }), given != previous {
            throw ReoriginError.foreignCheckpoint(given, previous)
        }
        guard
            let last = known.filter({ $0.checkpoint.origin == previous })
                .max(by: { $0.checkpoint.size < $1.checkpoint.size })
        else { throw ReoriginError.nothing }
        let head = try await log.head()
        do {
            return try LossStatement(
                origin: origin, databaseSize: head.size, databaseRoot: head.root, time: log.clock() / 1_000_000,
                reason: reason, last: last.note)
        } catch {
            throw ReoriginError.reason
        }
    }

    /// Puts the old log's tables into a schema of their own, and answers its name.
    private static func moveAway(_ connection: PostgresConnection) async throws -> String {
        let names = Set(
            try await connection.query("SELECT nspname::text AS name FROM pg_namespace").map {
                try $0.value("name", as: String.self)
            })
        let schema = (1...).lazy.map { "audit_before_\($0)" }.first { !names.contains($0) } ?? ""
        try await connection.query("CREATE SCHEMA \(identifier: schema)")
        let tables = try await connection.query(
            """
            SELECT relation::regclass::text AS name FROM unnest(\(AuditSchema.tables)) AS t (parent) CROSS JOIN LATERAL (
                SELECT inhrelid AS relation FROM pg_inherits WHERE inhparent = to_regclass(parent)
                UNION ALL SELECT to_regclass(parent)
            ) AS relations
            """
        ).map { try $0.value("name", as: String.self) }
        for table in tables {
            try await connection.query("ALTER TABLE \(identifier: table) SET SCHEMA \(identifier: schema)")
        }
        try await connection.query(
            "ALTER FUNCTION audit_log_is_append_only() SET SCHEMA \(identifier: schema)")
        return schema
    }

    private static func carryOver(from schema: String, at now: Int64, _ connection: PostgresConnection) async throws {
        let old: (String) -> PostgresQuery = { "\(identifier: schema).\(identifier: $0)" }
        try await connection.query(
            """
            WITH openings AS (
                SELECT producer, epoch, block FROM \(old("audit_blocks")) WHERE sequence = 1
                UNION ALL SELECT producer, epoch, opening FROM \(old("audit_archived_epochs")) WHERE opening IS NOT NULL
            ), closed AS (
                SELECT producer, epoch FROM \(old("audit_events")) JOIN \(old("audit_blocks")) USING (position, month)
                WHERE operation = \(Proto.Operation.epochClose.rawValue)
                UNION SELECT producer, epoch FROM \(old("audit_archived_epochs")) WHERE is_closed
            ), revisions AS (
                SELECT producer, epoch, max(store_revision) AS revision FROM (
                    SELECT producer, epoch, store_revision
                    FROM \(old("audit_events")) JOIN \(old("audit_blocks")) USING (position, month)
                    WHERE store_revision <> 0
                    UNION ALL SELECT producer, epoch, store_revision FROM \(old("audit_archived_epochs"))
                ) AS revision GROUP BY producer, epoch
            )
            INSERT INTO audit_archived_epochs (producer, epoch, sequence, hash, last_event, stored_unix_us, is_closed,
                store_revision, opening_position, opening)
            SELECT DISTINCT ON (producer, epoch) producer, epoch, 0, \(TreeHash.zero.bytes), 0, \(now),
                closed.epoch IS NOT NULL, coalesce(revision, 0), 0, block
            FROM openings LEFT JOIN closed USING (producer, epoch) LEFT JOIN revisions USING (producer, epoch)
            ORDER BY producer, epoch
            """)
        for table in ["audit_holds", "audit_hold_releases"] {
            try await connection.query("INSERT INTO \(identifier: table) SELECT * FROM \(old(table))")
        }
        // Events are counted anew.
        try await connection.query("UPDATE audit_watch SET last_event = 0")
        try await connection.query("DELETE FROM audit_watch_findings")
        try await connection.query("UPDATE audit_witness SET last_event = 0")
        try await connection.query("DELETE FROM audit_witness_waiting")
        try await connection.query("DELETE FROM audit_witness_epochs")
    }
}

/// Why no log takes the place of another.
enum ReoriginError: Error, Hashable, CustomStringConvertible {
    case nothing
    case sameOrigin(String)
    case foreignCheckpoint(String, String)
    case reason

    var description: String {
        switch self {
        case .nothing: "neither the database nor the spool knows of a log whose place could be taken"
        case .sameOrigin(let origin):
            "the log is \(origin) already: give checkpoints.origin another name, and it a key of its own"
        case .foreignCheckpoint(let given, let previous):
            "the checkpoint is one of \(given), the database's log is \(previous)"
        case .reason: "a reason of 1 to 1,000 bytes without control characters is wanted"
        }
    }
}
