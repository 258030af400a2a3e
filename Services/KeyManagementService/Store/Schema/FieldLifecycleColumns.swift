import FieldsealPostgres

extension KeyStoreSchema {
    /// What a field says of the life of its keys. These columns, like every one added to a table with rows, enter a row's
    /// MAC only where they are not null, false or empty: the MACs of rows written before stay valid, and since the
    /// encoding names its columns, nothing can be left out unnoticed.
    static let fieldLifecycle = Migration(
        2, "the life of a field's keys",
        """
        ALTER TABLE catalog_fields
            ADD COLUMN subject_keys boolean NOT NULL DEFAULT false,
            ADD COLUMN rotation_days integer,
            ADD COLUMN transition_days integer,
            ADD COLUMN dual boolean NOT NULL DEFAULT false,
            ADD COLUMN backup_retention_days integer,
            ADD COLUMN locations text NOT NULL DEFAULT '';
        ALTER TABLE encryption_keys
            ADD COLUMN subject_keys boolean NOT NULL DEFAULT false,
            ADD COLUMN partner_version bigint,
            DROP CONSTRAINT encryption_keys_key_type_check,
            ADD CONSTRAINT encryption_keys_key_type_check CHECK (
                key_type IN ('master', 'dek', 'fek', 'index', 'audit-hash', 'store-integrity', 'subject-wrapping')),
            ADD CONSTRAINT encryption_keys_field_columns CHECK (
                key_type = 'fek' OR (NOT subject_keys AND partner_version IS NULL));
        """)
}
