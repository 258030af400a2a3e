import FieldsealPostgres

extension KeyStoreSchema {
    /// Fields whose values have to move to another version before others, for whoever re-encrypts.
    static let reencryption = Migration(
        5, "fields to re-encrypt first",
        """
        CREATE TABLE reencryption_requests (
            field_id uuid PRIMARY KEY REFERENCES catalog_fields,
            reason text NOT NULL,
            priority smallint NOT NULL,
            created_at timestamptz NOT NULL,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL
        )
        """)
}
