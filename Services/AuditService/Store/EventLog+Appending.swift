import FieldsealPostgres
import FieldsealTransparencyLog

/// What became of a batch of blocks.
struct Appended: Sendable {
    /// The last sequence of the epoch that is durable.
    let sequence: Int64
    /// Why a block was refused; the blocks before it are durable.
    let finding: Finding?
}

extension EventLog {
    /// Of one producer and kind; a producer gone wild fills no table with findings.
    static let maximumFindings = 1_000

    /// Stores blocks of one producer and epoch in their order; what is stored already is compared. When this returns, all
    /// that it says is durable; repeating the call changes nothing.
    ///
    /// The blocks before one that is refused are stored, and the refusal is stored as a finding.
    /// - Throws: `PostgresError`: whether the blocks are stored is then unknown, and the call may be repeated; `TreeProblem`.
    func append(_ blocks: [ReceivedBlock]) async throws -> Appended {
        guard !blocks.isEmpty else { return Appended(sequence: 0, finding: nil) }
        try memory.checkOpen()
        let misSigned = try await misSigned(blocks)
        let (appended, head, isNew) = try await guarded {
            try await pool.withTransaction { try await append(blocks, misSigned: misSigned, $0) }
        }
        memory.remember(head, isOwn: isNew)
        return appended
    }

    /// What `append` does in its transaction.
    func append(
        _ blocks: [ReceivedBlock], misSigned: Set<Int64>, _ connection: PostgresConnection
    ) async throws -> (appended: Appended, head: TreeHead, isNew: Bool) {
        try await connection.lockUntilCommit(Self.lock)
        let state = try await state(for: blocks, connection)
        let check = ChainCheck(
            blocks, after: state.end, stored: state.stored, archived: state.archived,
            isContinuation: memory.isContinuation ?? false, misSigned: misSigned)
        let isNew = !check.accepted.isEmpty
        let head = isNew ? try await store(check.accepted, behind: state, connection) : state.head
        for remark in Finding.remarks(on: check.accepted, behind: state.end, at: clock()) {
            try await store(remark, connection)
        }
        let finding = check.finding.flatMap { kind in check.refused.map { Finding(kind, $0) } }
        if let finding { try await store(finding, connection) }
        return (Appended(sequence: check.end.sequence, finding: finding), head, isNew)
    }

    /// What the store knows of the blocks of a batch.
    private struct State {
        var end = EpochEnd()
        var stored: [Int64: TreeHash] = [:]
        /// The last sequence of the epoch that is archived.
        var archived: Int64 = 0
        var outboxIDs: Set<[UInt8]> = []
        var head = TreeHead.empty
        var months: KeptMonths
    }

    private func state(for blocks: [ReceivedBlock], _ connection: PostgresConnection) async throws -> State {
        let first = blocks[0]
        let outboxIDs = blocks.flatMap(\.events).map(\.event.outboxID).filter { !$0.isEmpty }
        let epoch: PostgresQuery = "producer = \(first.producer) AND epoch = \(first.epoch)"
        let known = memory.head
        let queries: [PostgresQuery] = [
            """
            (SELECT sequence, hash, last_event, false AS is_archived FROM audit_blocks WHERE \(epoch)
                ORDER BY sequence DESC LIMIT 1)
            UNION ALL (SELECT sequence, hash, last_event, true FROM audit_archived_epochs WHERE \(epoch)
                ORDER BY sequence DESC LIMIT 1)
            ORDER BY sequence DESC
            """,
            "SELECT sequence, hash FROM audit_blocks WHERE \(epoch) AND sequence = ANY(\(blocks.map(\.sequence)))",
            "SELECT outbox_id FROM audit_outbox_events WHERE outbox_id = ANY(\(outboxIDs))",
            KeptMonths.query,
        ]
        let rows = try await connection.pipeline(queries + Self.headQueries(known: known))
        var state = State(months: try KeptMonths(rows[3].single()))
        state.head = try Self.verifiedHead(rows.dropFirst(queries.count), known: known)
        if let last = rows[0].first {
            state.end = EpochEnd(
                sequence: try last.value("sequence"), hash: try last.hash, lastEvent: try last.value("last_event"))
        }
        state.archived = try rows[0].last { try $0.value("is_archived") }?.value("sequence") ?? 0
        for row in rows[1] { state.stored[try row.value("sequence")] = try row.hash }
        for row in rows[2] { state.outboxIDs.insert(try row.value("outbox_id")) }
        return state
    }

    private func store(
        _ blocks: [ReceivedBlock], behind state: State, _ connection: PostgresConnection
    ) async throws -> TreeHead {
        var outboxIDs = state.outboxIDs
        var (position, index) = (Int64(clamping: state.head.size), state.head.lastEvent)
        var blockRows: [[PostgresValue]] = []
        var eventRows: [[PostgresValue]] = []
        var outboxRows: [[PostgresValue]] = []
        let now = clock()
        let month = state.months.month(at: now)
        for block in blocks {
            position += 1
            blockRows.append(block.row(position: position, storedAt: now, in: month))
            for event in block.events {
                // An outbox event that was shipped twice stands in both blocks and counts once.
                let outboxID = event.event.outboxID
                guard outboxID.isEmpty || outboxIDs.insert(outboxID).inserted else { continue }
                index += 1
                eventRows.append(event.row(index: index, position: position, in: month))
                if !outboxID.isEmpty { outboxRows.append([.bytes(outboxID), .int64(index)]) }
            }
        }
        _ = try await connection.copy(blockRows, into: "audit_blocks", columns: ReceivedBlock.columns)
        _ = try await connection.copy(eventRows, into: "audit_events", columns: ReceivedEvent.columns)
        if !outboxRows.isEmpty {
            _ = try await connection.copy(outboxRows, into: "audit_outbox_events", columns: ["outbox_id", "index"])
        }
        let head = state.head.appending(
            blocks.map(\.leafHash), term: memory.term(behind: state.head), lastEvent: index)
        try await store(head, behind: state.head, connection)
        return head
    }

    func store(_ finding: Finding, _ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            INSERT INTO audit_findings (kind, producer, epoch, sequence, hash, found_unix_us)
            SELECT \(finding.kind.rawValue), \(finding.producer), \(finding.epoch), \(finding.sequence),
                \(finding.hash.bytes), \(clock())
            WHERE \(Self.maximumFindings) > (
                SELECT count(*) FROM audit_findings
                WHERE producer = \(finding.producer) AND kind = \(finding.kind.rawValue))
            ON CONFLICT DO NOTHING
            """)
    }
}

extension PostgresRow {
    fileprivate var hash: TreeHash { get throws { try hash("hash") } }
}
