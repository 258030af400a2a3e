import FieldsealPostgres

extension KeyStoreSchema {
    /// The master key's wraps, one row for each version and custodian. Rows that stand in the store already keep the wrap
    /// of their one custodian until the next start moves it here.
    static let masterKeyWraps = Migration(
        7, "wraps of the master key under several custodians",
        """
        CREATE TABLE master_key_wraps (
            id uuid PRIMARY KEY,
            version bigint NOT NULL,
            custodian text NOT NULL,
            provider text NOT NULL,
            algorithm text NOT NULL,
            wrapped bytea NOT NULL,
            added_at timestamptz NOT NULL,
            drilled_at timestamptz,
            drill_outcome text,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL,
            UNIQUE (version, custodian),
            CHECK ((drilled_at IS NULL) = (drill_outcome IS NULL))
        );
        """)

    /// Keys that open the master key for those who hold shares of them.
    static let unsealKeys = Migration(
        8, "unseal keys",
        """
        ALTER TABLE encryption_keys DROP CONSTRAINT encryption_keys_key_type_check,
            ADD CONSTRAINT encryption_keys_key_type_check CHECK (
                key_type IN ('master', 'dek', 'fek', 'index', 'audit-hash', 'store-integrity', 'subject-wrapping',
                    'unseal'));
        """)
}
