import FieldsealPostgres

extension KeyStoreSchema {
    /// At most one row: the store came from a backup and has not been accepted yet. It stands in the change chain under
    /// the store's id.
    static let quarantine = Migration(
        3, "the quarantine of a restored store",
        """
        CREATE TABLE store_quarantine (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            store_id uuid NOT NULL,
            since timestamptz NOT NULL,
            backup_revision bigint NOT NULL CHECK (backup_revision >= 0),
            reason text NOT NULL,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL
        )
        """)
}
