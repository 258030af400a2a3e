import FieldsealMessages
import FieldsealPostgres

extension EventLog {
    /// Compared in one transaction.
    private static let witnessedAtOnce = 500
    /// After which nothing more is expected of an epoch: its totals are forgotten, and added up anew if that was wrong.
    private static let witnessMemory: Int64 = 7 * 86_400 * 1_000_000

    /// Compares what key management has heard of epochs with what is stored of them, as far as that was not done, and answers
    /// the findings of it. A statement whose block has not come waits for it, until it is late.
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
        var comparison = WitnessComparison()
        let isRestFull = try await judgeWaiting(lateBefore: now - patience, &comparison, connection)
        let statements = try await WitnessedStatement.stored(
            where: "index > \(place)", limit: Self.witnessedAtOnce, connection)
        var waiting: [WitnessedStatement] = []
        for statement in statements {
            let verdict = try await verdict(on: statement, lateBefore: now - patience, connection)
            if verdict == .pending { waiting.append(statement) }
            comparison.note(verdict, statement)
        }
        if let last = statements.last {
            try await connection.query(
                """
                INSERT INTO audit_witness_waiting (event, producer, epoch)
                SELECT * FROM unnest(\(waiting.map(\.index)), \(waiting.map(\.producer)), \(waiting.map(\.statement.epoch)))
                """)
            try await connection.query("UPDATE audit_witness SET last_event = \(last.index)")
        }
        for statement in comparison.newest.values.sorted(by: { $0.index < $1.index }) {
            guard let totals = try await totals(of: statement, at: now, connection) else { continue }
            if !statement.statement.agrees(with: totals) {
                comparison.findings.append(Finding(.miscounted, statement))
            }
        }
        for finding in comparison.findings { try await store(finding, connection) }
        try await connection.query(
            "DELETE FROM audit_witness_epochs WHERE compared_unix_us < \(now - Self.witnessMemory)")
        return (comparison.findings, isRestFull || statements.count == Self.witnessedAtOnce)
    }

    /// Judges the statements that have waited, of each epoch up to the first that waits on. Answers whether there are more.
    private func judgeWaiting(
        lateBefore: Int64, _ comparison: inout WitnessComparison, _ connection: PostgresConnection
    ) async throws -> Bool {
        var isFull = false
        for row in try await connection.query(
            "SELECT DISTINCT producer, epoch FROM audit_witness_waiting ORDER BY 1, 2")
        {
            let epoch: PostgresQuery = """
                SELECT event FROM audit_witness_waiting WHERE producer = \(try row.value("producer", as: String.self))
                    AND epoch = \(try row.value("epoch", as: [UInt8].self))
                """
            let statements = try await WitnessedStatement.stored(
                where: "index IN (\(epoch))", limit: Self.witnessedAtOnce, connection)
            var settled: [Int64] = []
            for statement in statements {
                let verdict = try await verdict(on: statement, lateBefore: lateBefore, connection)
                guard verdict != .pending else { break }
                comparison.note(verdict, statement)
                settled.append(statement.index)
            }
            try await connection.query("DELETE FROM audit_witness_waiting WHERE event = ANY(\(settled))")
            isFull = isFull || settled.count == Self.witnessedAtOnce
        }
        return isFull
    }

    private func verdict(
        on statement: WitnessedStatement, lateBefore: Int64, _ connection: PostgresConnection
    ) async throws -> WitnessVerdict {
        WitnessVerdict(
            statement.statement, try await statement.standing(connection),
            isContinuation: memory.isContinuation ?? false, isLate: statement.stored < lateBefore)
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
