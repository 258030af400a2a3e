import FieldsealPostgres

extension KeyStoreSchema {
    /// A subject keeps its compromised keys beside the one that its values are sealed with.
    static let compromisedSubjects = Migration(
        11, "compromised keys of subjects",
        """
        ALTER TABLE subject_keys
            ADD COLUMN compromised_at timestamptz,
            ADD CHECK (lookup IS NOT NULL OR compromised_at IS NULL);
        DROP INDEX subject_keys_lookup;
        CREATE INDEX subject_keys_lookup ON subject_keys (table_id, lookup);
        CREATE UNIQUE INDEX subject_keys_current ON subject_keys (table_id, lookup) WHERE compromised_at IS NULL;
        """)
}
