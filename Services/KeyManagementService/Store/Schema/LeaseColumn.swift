import FieldsealPostgres

extension KeyStoreSchema {
    /// How many seals of a version were given out.
    static let leases = Migration(
        10, "leases",
        "ALTER TABLE encryption_keys ADD COLUMN leased bigint NOT NULL DEFAULT 0 CHECK (leased >= 0);")
}
