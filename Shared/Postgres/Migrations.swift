public import Logging

/// One step of a schema, never changed after it was released.
public struct Migration: Sendable {
    public let number: Int
    public let name: String
    /// Statements without parameters, run as one transaction.
    public let sql: String

    public init(_ number: Int, _ name: String, _ sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// The schema of one component, numbered from 1 without gaps, forward only. Several components can share a database.
public struct Migrations: Sendable {
    public let component: String
    public let steps: [Migration]

    public init(component: String, _ steps: [Migration]) {
        precondition(steps.map(\.number) == Array(1...max(1, steps.count)).prefix(steps.count).map { $0 })
        self.component = component
        self.steps = steps
    }

    /// Brings the schema up to date, each step in a transaction of its own, one replica at a time. Answers how many steps
    /// were applied now. Throws `foreignSchema` when the database holds a step that is not known here, or whose text was
    /// another; nothing is changed then.
    @discardableResult
    public func apply(to pool: PostgresPool, logger: Logger) async throws -> Int {
        try await pool.withConnection { connection in
            try await connection.withLock("fieldseal migrations", timeout: .seconds(600)) { connection in
                try await prepare(connection)
                let applied = try await self.applied(connection)
                for step in steps.dropFirst(applied) {
                    try await apply(step, connection)
                    logger.notice(
                        "schema migrated",
                        metadata: ["component": "\(component)", "number": "\(step.number)", "name": "\(step.name)"])
                }
                return steps.count - applied
            }
        }
    }

    /// Begins the component anew within the caller's transaction, which has taken its tables away before: all steps are applied.
    public func applyAnew(_ connection: PostgresConnection) async throws {
        try await connection.query("DELETE FROM schema_migrations WHERE component = \(component)")
        for step in steps { try await perform(step, connection) }
    }

    /// Throws `foreignSchema` unless the schema is exactly up to date; for roles that may not migrate.
    public func verify(_ pool: PostgresPool) async throws {
        try await pool.withConnection { connection in
            let applied = try await self.applied(connection)
            guard applied == steps.count else {
                throw PostgresError(.foreignSchema, detail: "\(component) is at \(applied) instead of \(steps.count)")
            }
        }
    }

    private func prepare(_ connection: PostgresConnection) async throws(PostgresError) {
        // Looked up first: a role that may not create tables can still find the schema complete.
        let found = try await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS found").single()
        guard try !found.value("found", as: Bool.self) else { return }
        try await connection.query(
            """
            CREATE TABLE schema_migrations (
                component text NOT NULL, number integer NOT NULL, name text NOT NULL, checksum bytea NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (component, number))
            """)
    }

    /// How many steps the database has, after comparing each with ours.
    private func applied(_ connection: PostgresConnection) async throws(PostgresError) -> Int {
        let numbers = steps.map(\.number)
        let rows = try await connection.query(
            """
            SELECT m.number, m.checksum = sha256(convert_to(known.sql, 'UTF8')) AS same
            FROM schema_migrations m LEFT JOIN unnest(\(numbers), \(steps.map(\.sql))) AS known (number, sql) USING (number)
            WHERE component = \(component) ORDER BY number
            """)
        for (row, expected) in zip(rows, 1...) {
            guard try row.value("number", as: Int.self) == expected else {
                throw PostgresError(.foreignSchema, detail: "\(component) lacks step \(expected)")
            }
            guard let same: Bool = try row.optional("same") else {
                throw PostgresError(
                    .foreignSchema, detail: "\(component) has step \(expected), which this version does not know")
            }
            guard same else {
                throw PostgresError(
                    .foreignSchema, detail: "step \(expected) of \(component) was applied with another text")
            }
        }
        return rows.count
    }

    private func apply(_ step: Migration, _ connection: PostgresConnection) async throws {
        try await connection.transaction { try await perform(step, $0) }
    }

    private func perform(_ step: Migration, _ connection: PostgresConnection) async throws {
        try await connection.script("SET LOCAL statement_timeout = 0; " + step.sql, timeout: .seconds(3600))
        try await connection.query(
            """
            INSERT INTO schema_migrations (component, number, name, checksum)
            VALUES (\(component), \(step.number), \(step.name), sha256(convert_to(\(step.sql), 'UTF8')))
            """)
    }
}
