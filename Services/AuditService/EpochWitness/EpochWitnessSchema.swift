import FieldsealPostgres

/// How far the log has been compared with what key management has heard of it. Unlike the log's own, these rows change;
/// without them the comparison begins anew.
enum EpochWitnessSchema {
    static let migrations = Migrations(
        component: "epoch-witness", [Migration(1, "what has been compared", createMemory)])

    static let tables = ["audit_witness", "audit_witness_waiting", "audit_witness_epochs", "audit_witness_uses"]

    private static let createMemory = """
        CREATE TABLE audit_witness (
            id boolean PRIMARY KEY DEFAULT true CHECK (id),
            last_event bigint NOT NULL CHECK (last_event >= 0)
        );
        INSERT INTO audit_witness (last_event) VALUES (0);
        -- Statements before that place whose block has not come.
        CREATE TABLE audit_witness_waiting (
            event bigint PRIMARY KEY,
            producer text NOT NULL,
            epoch bytea NOT NULL
        );
        CREATE INDEX audit_witness_waiting_epoch ON audit_witness_waiting (producer, epoch, event);
        CREATE TABLE audit_witness_epochs (
            producer text NOT NULL,
            epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
            sequence bigint NOT NULL CHECK (sequence > 0),
            compared_unix_us bigint NOT NULL,
            PRIMARY KEY (producer, epoch)
        );
        CREATE TABLE audit_witness_uses (
            producer text NOT NULL,
            epoch bytea NOT NULL,
            key_version bigint NOT NULL,
            operation integer NOT NULL,
            count bigint NOT NULL,
            PRIMARY KEY (producer, epoch, key_version, operation),
            FOREIGN KEY (producer, epoch) REFERENCES audit_witness_epochs ON DELETE CASCADE
        );
        REVOKE ALL ON audit_witness, audit_witness_waiting, audit_witness_epochs, audit_witness_uses FROM PUBLIC;
        """
}
