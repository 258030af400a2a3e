import FieldsealAlerts
import FieldsealPostgres

/// What the role that serves may do: read the log and add to it, and keep its alerts and how far it was compared.
enum DatabaseRole {
    static func name(_ pool: PostgresPool) async throws -> String {
        try await pool.query("SELECT current_user::text AS name").single().value("name")
    }

    /// Gives a role what serving needs and takes everything else; `owner` owns the tables.
    static func grant(_ role: String, by owner: PostgresPool) async throws {
        try await owner.withTransaction { connection in
            for table in AuditSchema.tables {
                try await connection.query("REVOKE ALL ON \(identifier: table) FROM \(identifier: role)")
                try await connection.query("GRANT SELECT, INSERT ON \(identifier: table) TO \(identifier: role)")
            }
            for table in AlertQueue.tables + SecurityAlertSchema.tables + EpochWitnessSchema.tables {
                try await connection.query(
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON \(identifier: table) TO \(identifier: role)")
            }
            try await connection.query("GRANT SELECT ON schema_migrations TO \(identifier: role)")
        }
    }

    /// Whether the pool's role could change or remove what is stored, were it not for the triggers; an owner can drop them.
    static func canAlterLog(_ pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            """
            SELECT bool_or(has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                OR pg_has_role(relowner, 'MEMBER')) AS can
            FROM unnest(\(AuditSchema.tables)) AS t (name) CROSS JOIN LATERAL (
                SELECT to_regclass(name) AS relation
                UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(name)
            ) AS relations JOIN pg_class ON oid = relation
            """
        ).single().value("can")
    }
}
