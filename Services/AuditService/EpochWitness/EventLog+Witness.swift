import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// Compared in one transaction.
    private static let witnessedAtOnce = 500
    /// After which nothing more is expected of an epoch: its totals are forgotten, and added up anew if that was wrong.
    private static let witnessMemory: Int64 = 7 * 86_400 * 1_000_000

    /// Compares what key management has heard of epochs with what is stored of them, behind the place up to which that was
    /// done, and answers the findings of it. A statement whose block has not come holds those behind it up, until it is late.
    /// - Parameter patience: microseconds that a block may take longer than the statement.
    func compareWithWitness(patience: Int64) async throws -> [Finding] {
        var found: [Finding] = []
        while true {
            let (findings, isFull) = try await pool.withTransaction { try await compare(patience: patience, $0) }
            found += findings
            guard isFull else { return found }
        }
    }

    private func compare(
        patience: Int64, _ connection: PostgresConnection
    ) async throws -> (findings: [Finding], isFull: Bool) {
        let now = clock()
        let place = try await connection.query("SELECT last_event FROM audit_witness FOR UPDATE")
            .single().value("last_event", as: Int64.self)
        let statements = try await WitnessedStatement.stored(
            after: place, limit: Self.witnessedAtOnce, connection)
        var findings: [Finding] = []
        var newest: [[UInt8]: WitnessedStatement] = [:]
        var last = place
        judging: for statement in statements {
            let verdict = WitnessVerdict(
                statement.statement, try await statement.standing(connection),
                isContinuation: memory.isContinuation ?? false, isLate: statement.stored < now - patience)
            switch verdict {
            case .pending: break judging
            case .contradicted: findings.append(Finding(.contradicted, statement))
            case .withheld: findings.append(Finding(.withheld, statement))
            case .agreed:
                if newest[statement.statement.epoch].map({ $0.sequence < statement.sequence }) ?? true {
                    newest[statement.statement.epoch] = statement
                }
            case .unknown: break
            }
            last = statement.index
        }
        for statement in newest.values.sorted(by: { $0.index < $1.index }) {
            guard let totals = try await totals(of: statement, at: now, connection) else { continue }
            if !statement.statement.agrees(with: totals) { findings.append(Finding(.miscounted, statement)) }
        }
        for finding in findings { try await store(finding, connection) }
        if last != place { try await connection.query("UPDATE audit_witness SET last_event = \(last)") }
        try await connection.query(
            "DELETE FROM audit_witness_epochs WHERE compared_unix_us < \(now - Self.witnessMemory)")
        return (findings, last != place && statements.count == Self.witnessedAtOnce)
    }

    /// How often the epoch has used the versions that a statement names, up to its block; nil where that can no longer be
    /// said: the totals are beyond it, or blocks of the epoch are not in the tables.
    private func totals(
        of statement: WitnessedStatement, at now: Int64, _ connection: PostgresConnection
    ) async throws -> [UInt64: [Proto.Operation: UInt64]]? {
        let epoch: PostgresQuery = "producer = \(statement.producer) AND epoch = \(statement.statement.epoch)"
        let known =
            try await connection.query("SELECT sequence FROM audit_witness_epochs WHERE \(epoch)")
            .first?.value("sequence", as: Int64.self) ?? 0
        // Blocks of an epoch are stored without a gap: with this one, all up to the stated one are.
        let next = try await connection.query(
            "SELECT FROM audit_blocks WHERE \(epoch) AND sequence = \(min(known + 1, statement.sequence))")
        guard known <= statement.sequence, !next.isEmpty else { return nil }
        try await connection.query(
            """
            INSERT INTO audit_witness_epochs (producer, epoch, sequence, compared_unix_us)
            VALUES (\(statement.producer), \(statement.statement.epoch), \(statement.sequence), \(now))
            ON CONFLICT (producer, epoch)
                DO UPDATE SET sequence = excluded.sequence, compared_unix_us = excluded.compared_unix_us
            """)
        try await connection.query(
            """
            INSERT INTO audit_witness_uses (producer, epoch, key_version, operation, count)
            SELECT producer, epoch, key_version, operation, least(sum(item_count), \(Int64.max))::bigint
            FROM audit_blocks JOIN audit_events USING (position, month)
            WHERE \(epoch) AND sequence > \(known) AND sequence <= \(statement.sequence) AND key_version <> 0
            GROUP BY producer, epoch, key_version, operation
            ON CONFLICT (producer, epoch, key_version, operation)
                DO UPDATE SET count = least(audit_witness_uses.count::numeric + excluded.count, \(Int64.max))::bigint
            """)
        let versions = Set(statement.statement.uses.map(\.version)).map { Int64(bitPattern: $0) }
        let rows = try await connection.query(
            """
            SELECT key_version, operation, count FROM audit_witness_uses
            WHERE \(epoch) AND key_version = ANY(\(versions))
            """)
        var totals: [UInt64: [Proto.Operation: UInt64]] = [:]
        for row in rows {
            let version = UInt64(bitPattern: try row.value("key_version", as: Int64.self))
            let operation = Proto.Operation(rawValue: try row.value("operation")) ?? .unspecified
            totals[version, default: [:]][operation] = UInt64(clamping: try row.value("count", as: Int64.self))
        }
        return totals
    }
}
