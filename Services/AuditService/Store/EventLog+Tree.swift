import FieldsealPostgres
import FieldsealTransparencyLog

extension EventLog {
    /// Leaves brought into the tree in one transaction.
    private static let growth = 1 << 14

    /// The newest head, whatever else the database says.
    func head() async throws -> TreeHead {
        try TreeHead(try await pool.query(TreeHead.newest).single())
    }

    /// The head of this size, where there is one.
    func head(of size: UInt64) async throws -> TreeHead? {
        try await pool.query(TreeHead.of(size)).first.map { try TreeHead($0) }
    }

    /// What `verifiedHead` reads.
    static func headQueries(known: TreeHead) -> [PostgresQuery] {
        [
            TreeHead.newest, TreeHead.of(known.size),
            """
            SELECT (SELECT coalesce(max(position), 0) FROM audit_blocks) AS position,
                (SELECT coalesce(max(index), 0) FROM audit_events) AS index
            """,
        ]
    }

    /// The newest head, after it was compared with one that is known and with the rows it stands for.
    static func verifiedHead(_ rows: some RandomAccessCollection<PostgresRows>, known: TreeHead) throws -> TreeHead {
        let rows = Array(rows)
        let head = try TreeHead(try rows[0].single())
        try head.check(continues: known, root: try rows[1].first.map { try TreeHead($0) }?.root)
        let last = try rows[2].single()
        let (position, index): (Int64, Int64) = (try last.value("position"), try last.value("index"))
        guard position == Int64(clamping: head.size), index == head.lastEvent else {
            if head.term == 0 { throw AuditServiceError.notReady }
            throw TreeProblem(
                .damaged, size: head.size, root: head.root, "the last block is \(position), the last event \(index)")
        }
        return head
    }

    /// Stores a head and the tiles that became complete with it, and wakes those who wait for blocks. Only inside the
    /// transaction that stores the blocks.
    func store(_ head: TreeHead, behind previous: TreeHead, _ connection: PostgresConnection) async throws {
        try await storeTiles(from: previous.size, to: head.size, connection)
        _ = try await connection.pipeline([
            """
            INSERT INTO audit_tree_heads (size, root, term, previous_size, previous_root, previous_term, peaks,
                last_event, stored_unix_us)
            VALUES (\(Int64(clamping: head.size)), \(head.root.bytes), \(head.term), \(Int64(clamping: previous.size)),
                \(previous.root.bytes), \(previous.term), \(head.frontier.peaks.flatMap(\.bytes)), \(head.lastEvent),
                \(clock()))
            """,
            .notify(Self.channel),
        ])
    }

    /// Brings blocks into the tree that were stored before there was one.
    func growTree() async throws {
        while try await growTree(by: Self.growth) {}
    }

    private func growTree(by count: Int) async throws -> Bool {
        try await pool.withTransaction { connection in
            try await connection.lockUntilCommit(Self.lock)
            let head = try TreeHead(try await connection.query(TreeHead.newest).single())
            guard head.term == 0 else { return false }
            let leaves = try await connection.query(
                """
                SELECT position, leaf_hash FROM audit_blocks WHERE position > \(Int64(clamping: head.size))
                ORDER BY position LIMIT \(Int64(count))
                """)
            guard let last = try leaves.last?.value("position", as: Int64.self) else { return false }
            let lastEvent = try await connection.query(
                """
                SELECT coalesce(max(index), 0) AS last FROM audit_events
                WHERE position = (SELECT max(position) FROM audit_events WHERE position <= \(last))
                """
            ).single()
            let next = head.appending(
                try leaves.map { try $0.hash("leaf_hash") }, term: 0, lastEvent: try lastEvent.value("last"))
            guard next.size == UInt64(clamping: last) else {
                throw TreeProblem(.damaged, size: next.size, "the positions of blocks have a gap")
            }
            try await store(next, behind: head, connection)
            return leaves.count == count
        }
    }

    /// Refuses the database from now on where `body` finds that it is not to be believed.
    func guarded<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let problem as TreeProblem {
            await refuse(problem)
            throw problem
        }
    }

    func refuse(_ problem: TreeProblem) async {
        guard memory.refuse(problem) else { return }
        logger.critical(
            "the log's database is refused, and nothing is appended: bring back what is missing from a newer copy",
            metadata: ["finding": "\(problem)"])
        do {
            try await pool.query(
                """
                INSERT INTO audit_findings (kind, producer, epoch, sequence, hash, found_unix_us)
                VALUES (\(problem.kind.rawValue), '', \([UInt8](repeating: 0, count: 16)),
                    \(Int64(clamping: problem.size)), \(problem.root.bytes), \(clock()))
                ON CONFLICT DO NOTHING
                """)
        } catch {
            logger.error("the finding is not stored", metadata: ["error": "\(error)"])
        }
    }
}

extension TreeHead {
    private static let all: PostgresQuery = "SELECT size, root, term, peaks, last_event FROM audit_tree_heads"
    fileprivate static let newest: PostgresQuery = "\(all) ORDER BY size DESC LIMIT 1"

    fileprivate static func of(_ size: UInt64) -> PostgresQuery { "\(all) WHERE size = \(Int64(clamping: size))" }

    /// - Throws: `TreeProblem` where the row contradicts itself.
    init(_ row: PostgresRow) throws {
        let size = UInt64(clamping: try row.value("size", as: Int64.self))
        guard let frontier = MerkleFrontier(size: size, peaks: try row.hashes("peaks")) else {
            throw TreeProblem(.damaged, size: size, "the head's peaks are not those of its size")
        }
        self.init(frontier: frontier, term: try row.value("term"), lastEvent: try row.value("last_event"))
        guard try row.hash("root") == root else {
            throw TreeProblem(.damaged, size: size, root: root, "the head's root is not that of its peaks")
        }
    }
}

extension PostgresRow {
    func hash(_ column: String) throws -> TreeHash {
        guard let hash = TreeHash(try value(column, as: [UInt8].self)) else { throw AuditServiceError.corrupt }
        return hash
    }

    /// Hashes one behind the other.
    func hashes(_ column: String) throws -> [TreeHash] {
        let bytes = try value(column, as: [UInt8].self)
        guard bytes.count % TreeHash.byteCount == 0 else { throw AuditServiceError.corrupt }
        return stride(from: 0, to: bytes.count, by: TreeHash.byteCount).compactMap {
            TreeHash(Array(bytes[$0..<$0 + TreeHash.byteCount]))
        }
    }
}
