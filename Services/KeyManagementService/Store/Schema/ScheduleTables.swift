import FieldsealPostgres

extension KeyStoreSchema {
    /// What the schedule needs beside the keys: failures and orders by version, counts of the data, pauses.
    static let schedule = Migration(
        9, "schedule and census",
        """
        ALTER TABLE encryption_keys
            ADD COLUMN deactivated_at timestamptz,
            ADD COLUMN refused_at timestamptz;
        CREATE INDEX encryption_keys_revision ON encryption_keys (revision);
        CREATE TABLE key_schedule (
            id uuid PRIMARY KEY REFERENCES encryption_keys,
            failures integer NOT NULL CHECK (failures >= 0),
            next_attempt_at timestamptz,
            cause text NOT NULL,
            overdue_told boolean NOT NULL,
            order_wanted boolean,
            order_identity text,
            order_at timestamptz,
            proposal_identity text,
            proposal_at timestamptz,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL,
            CHECK ((order_wanted IS NULL) = (order_identity IS NULL) AND (order_wanted IS NULL) = (order_at IS NULL)),
            CHECK ((proposal_identity IS NULL) = (proposal_at IS NULL))
        );
        CREATE INDEX key_schedule_revision ON key_schedule (revision);
        CREATE TABLE key_census (
            id uuid PRIMARY KEY,
            field_id uuid NOT NULL REFERENCES catalog_fields,
            location text NOT NULL,
            begun_at timestamptz NOT NULL,
            reported_at timestamptz NOT NULL,
            reporter text NOT NULL,
            is_primary boolean NOT NULL,
            entries bytea NOT NULL CHECK (octet_length(entries) % 24 = 0),
            revision bigint NOT NULL,
            row_mac bytea NOT NULL,
            UNIQUE (field_id, location)
        );
        CREATE INDEX key_census_revision ON key_census (revision);
        CREATE TABLE rotation_pauses (
            id uuid PRIMARY KEY,
            key_type text,
            key_id uuid,
            since_at timestamptz NOT NULL,
            until_at timestamptz,
            identity text NOT NULL,
            is_resumed boolean NOT NULL,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL,
            CHECK ((key_type IS NULL) = (key_id IS NULL))
        );
        -- Which replica runs the schedule: for display only, and so without a MAC.
        CREATE TABLE key_scheduler (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            replica text NOT NULL,
            ticked_at timestamptz NOT NULL
        );
        """)
}
