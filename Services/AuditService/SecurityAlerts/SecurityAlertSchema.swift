import FieldsealPostgres

/// What the rules remember between two looks at the log. Unlike the log's own, these rows change.
enum SecurityAlertSchema {
    static let migrations = Migrations(
        component: "security-alerts", [Migration(1, "what the rules have seen", createMemory)])

    static let tables = ["audit_watch", "audit_watch_memories", "audit_watch_findings"]

    private static let createMemory = """
        CREATE TABLE audit_watch (
            id boolean PRIMARY KEY DEFAULT true CHECK (id),
            last_event bigint NOT NULL CHECK (last_event >= 0),
            late_checkpoint_unix_us bigint
        );
        CREATE TABLE audit_watch_memories (
            rule text NOT NULL,
            digest bytea NOT NULL CHECK (octet_length(digest) = 32),
            actor text NOT NULL,
            table_name text NOT NULL,
            field_name text NOT NULL,
            numbers bigint[] NOT NULL,
            PRIMARY KEY (rule, digest)
        );
        CREATE TABLE audit_watch_findings (
            producer text NOT NULL,
            epoch bytea NOT NULL,
            sequence bigint NOT NULL,
            kind text NOT NULL,
            PRIMARY KEY (producer, epoch, sequence, kind)
        );
        REVOKE ALL ON audit_watch, audit_watch_memories, audit_watch_findings FROM PUBLIC;
        """
}
