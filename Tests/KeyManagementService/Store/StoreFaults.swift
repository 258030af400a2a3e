import FieldsealPostgres

/// Has the database fail at one of the writes that a change consists of.
struct StoreFaults {
    enum Mode: String, CaseIterable {
        /// A statement fails.
        case raise
        /// The connection breaks at a statement: the change starts anew on another one, unless COMMIT was sent with it.
        case terminate
        /// The connection breaks at COMMIT: whether it took effect is unknown to the caller.
        case commit
    }

    private let pool: PostgresPool

    init(_ store: TestStore) async throws {
        pool = try store.pool(connections: 1)
        let statements = ["encryption_keys", "master_key_wraps", "store_state", "store_revisions", "audit_outbox"].map {
            "CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON \($0) FOR EACH ROW EXECUTE FUNCTION fault.strike();"
        }
        try await pool.withConnection { connection in
            try await connection.script(
                """
                CREATE SCHEMA fault;
                CREATE SEQUENCE fault.step;
                CREATE TABLE fault.plan (mode text NOT NULL, at bigint NOT NULL);
                INSERT INTO fault.plan VALUES ('none', 0);
                CREATE FUNCTION fault.strike() RETURNS trigger LANGUAGE plpgsql AS $$
                DECLARE plan fault.plan;
                BEGIN
                    SELECT * INTO plan FROM fault.plan;
                    IF plan.mode = 'none' OR (plan.mode = 'commit') <> (TG_NARGS = 1) THEN RETURN NEW; END IF;
                    IF nextval('fault.step') <> plan.at THEN RETURN NEW; END IF;
                    IF plan.mode = 'raise' THEN RAISE EXCEPTION 'fault'; END IF;
                    PERFORM pg_terminate_backend(pg_backend_pid());
                    PERFORM pg_sleep(5);
                    RETURN NEW;
                END $$;
                \(statements.joined(separator: " "))
                CREATE CONSTRAINT TRIGGER fault_commit AFTER INSERT ON store_revisions DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION fault.strike('commit');
                """)
        }
    }

    /// - Parameter step: counts the rows that are written from now on, from 1.
    func arm(_ mode: Mode, at step: Int) async throws {
        try await pool.query("SELECT setval('fault.step', 1, false)")
        try await pool.query("UPDATE fault.plan SET mode = \(mode.rawValue), at = \(Int64(mode == .commit ? 1 : step))")
    }

    /// Whether it struck since it was armed.
    func disarm() async throws -> Bool {
        try await pool.query("UPDATE fault.plan SET mode = 'none'")
        let rows = try await pool.query("SELECT is_called AND last_value >= at AS struck FROM fault.step, fault.plan")
        try await pool.query("SELECT setval('fault.step', 1, false)")
        return try rows.first?.value("struck", as: Bool.self) ?? false
    }
}
