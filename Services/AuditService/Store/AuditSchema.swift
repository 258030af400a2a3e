import FieldsealPostgres

/// The log's tables. Rows are inserted, never changed: triggers refuse everything else, to the owner too.
enum AuditSchema {
    static let migrations = Migrations(
        component: "audit-log",
        [Migration(1, "blocks and events", createLog), Migration(2, "findings and outbox ids", addFindings)])

    static let tables = ["audit_blocks", "audit_events", "audit_findings"]

    private static let createLog = """
        CREATE TABLE audit_blocks (
            position bigint PRIMARY KEY CHECK (position > 0),
            producer text NOT NULL,
            epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
            sequence bigint NOT NULL CHECK (sequence > 0),
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            dropped bigint NOT NULL CHECK (dropped >= 0),
            last_event bigint NOT NULL,
            last_unix_us bigint NOT NULL,
            stored_unix_us bigint NOT NULL,
            block bytea NOT NULL,
            signature bytea NOT NULL,
            UNIQUE (producer, epoch, sequence)
        );
        CREATE TABLE audit_events (
            index bigint PRIMARY KEY CHECK (index > 0),
            position bigint NOT NULL REFERENCES audit_blocks,
            event_sequence bigint NOT NULL,
            first_unix_us bigint NOT NULL,
            last_unix_us bigint NOT NULL,
            actor text NOT NULL,
            operation integer NOT NULL,
            table_name text NOT NULL,
            field_name text NOT NULL,
            key_version bigint NOT NULL,
            outcome integer NOT NULL,
            event bytea NOT NULL,
            UNIQUE (position, event_sequence)
        );
        CREATE INDEX audit_events_time ON audit_events (first_unix_us, index);
        CREATE INDEX audit_events_actor ON audit_events (actor, index);
        CREATE INDEX audit_events_operation ON audit_events (operation, index);
        CREATE INDEX audit_events_field ON audit_events (table_name, field_name, index);
        CREATE INDEX audit_events_key_version ON audit_events (key_version, index) WHERE key_version <> 0;
        CREATE INDEX audit_events_failure ON audit_events (index) WHERE outcome <> 0;
        CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
        CREATE TRIGGER audit_blocks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_blocks
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        """

    private static let addFindings = """
        ALTER TABLE audit_events ADD COLUMN outbox_id bytea CHECK (octet_length(outbox_id) = 16);
        CREATE UNIQUE INDEX audit_events_outbox ON audit_events (outbox_id) WHERE outbox_id IS NOT NULL;
        CREATE TABLE audit_findings (
            kind text NOT NULL,
            producer text NOT NULL,
            epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
            sequence bigint NOT NULL,
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            found_unix_us bigint NOT NULL,
            PRIMARY KEY (producer, epoch, sequence, kind)
        );
        CREATE TRIGGER audit_findings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_findings
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        REVOKE ALL ON audit_blocks, audit_events, audit_findings FROM PUBLIC;
        """
}
