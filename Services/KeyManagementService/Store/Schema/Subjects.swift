import FieldsealPostgres

extension KeyStoreSchema {
    /// Keys of subjects. Tombstones stay, so that an erased subject is not made anew; the row without a lookup hash holds
    /// the key of a table's hashes.
    static let subjectKeys = Migration(
        4, "the keys of subjects",
        """
        CREATE TABLE subject_keys (
            id uuid PRIMARY KEY,
            table_id uuid NOT NULL REFERENCES catalog_tables,
            lookup bytea CHECK (octet_length(lookup) = 32),
            wrapping_version bigint NOT NULL,
            encrypted_key bytea NOT NULL,
            created_at timestamptz NOT NULL,
            erased_at timestamptz,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL,
            CHECK ((octet_length(encrypted_key) = 0) = (erased_at IS NOT NULL)),
            CHECK (lookup IS NOT NULL OR erased_at IS NULL)
        );
        CREATE UNIQUE INDEX subject_keys_lookup ON subject_keys (table_id, lookup);
        CREATE UNIQUE INDEX subject_keys_lookup_key ON subject_keys (table_id) WHERE lookup IS NULL;
        CREATE INDEX subject_keys_wrapping ON subject_keys (wrapping_version);
        """)
}
