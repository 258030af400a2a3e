import FieldsealPostgres

extension KeyStoreSchema {
    /// Indexes of prefixes and trigrams. Indexes that were there before are of whole values.
    static let indexKinds = Migration(
        12, "kinds of blind indexes",
        """
        ALTER TABLE catalog_indexes
            DROP CONSTRAINT catalog_indexes_bits_check,
            ADD CHECK (bits BETWEEN 1 AND 4096),
            ADD COLUMN kind smallint NOT NULL DEFAULT 0,
            ADD COLUMN hashes smallint NOT NULL DEFAULT 0,
            ADD COLUMN shortest smallint NOT NULL DEFAULT 0,
            ADD COLUMN longest smallint NOT NULL DEFAULT 0;
        """)

    /// Indexes over the values of two fields.
    static let indexesOfPairs = Migration(
        13, "blind indexes of pairs",
        """
        ALTER TABLE catalog_indexes
            ADD COLUMN beside text NOT NULL DEFAULT '',
            ADD COLUMN beside_normaliser smallint NOT NULL DEFAULT 0;
        """)
}
