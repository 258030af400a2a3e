import FieldsealPostgres

extension KeyStoreSchema {
    /// One row a revision of what encryption services are told, and who has acknowledged up to where.
    static let keyChanges = Migration(
        6, "changes that encryption services follow",
        """
        CREATE TABLE key_changes (
            revision bigint PRIMARY KEY CHECK (revision > 0),
            previous bigint NOT NULL CHECK (previous >= 0),
            changed_at timestamptz NOT NULL,
            changes bytea NOT NULL,
            row_mac bytea NOT NULL
        );
        CREATE INDEX key_changes_told ON key_changes (revision) WHERE octet_length(changes) > 0;
        CREATE TABLE key_watchers (
            replica uuid PRIMARY KEY,
            identity text NOT NULL,
            position bigint NOT NULL CHECK (position >= 0),
            seen_at timestamptz NOT NULL,
            ttl_seconds integer NOT NULL CHECK (ttl_seconds >= 0),
            row_mac bytea NOT NULL
        );
        """)
}
