import FieldsealPostgres

/// The key store's tables. `version` columns hold 64 unsigned bits as PostgreSQL's signed bigint.
enum KeyStoreSchema {
    static let migrations = Migrations(
        component: "key-store",
        [
            Migration(1, "the key store", createStore),
            fieldLifecycle,
            quarantine,
            subjectKeys,
            reencryption,
            keyChanges,
            masterKeyWraps,
            unsealKeys,
            schedule,
            leases,
            compromisedSubjects,
            indexKinds,
            indexesOfPairs,
        ])

    private static let createStore = """
        CREATE TABLE store_state (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            store_id uuid NOT NULL,
            revision bigint NOT NULL CHECK (revision >= 0),
            head bytea NOT NULL CHECK (octet_length(head) = 32),
            row_mac bytea NOT NULL
        );
        CREATE TABLE store_revisions (
            revision bigint PRIMARY KEY CHECK (revision > 0),
            changed_at timestamptz NOT NULL,
            changes bytea NOT NULL,
            head bytea NOT NULL CHECK (octet_length(head) = 32)
        );
        CREATE TABLE encryption_keys (
            id uuid PRIMARY KEY,
            key_type text NOT NULL
                CHECK (key_type IN ('master', 'dek', 'fek', 'index', 'audit-hash', 'store-integrity')),
            key_id uuid NOT NULL,
            version bigint NOT NULL UNIQUE CHECK (version <> 0),
            parent_key_id uuid,
            parent_version bigint,
            encrypted_key bytea NOT NULL,
            key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
            algorithm text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            state text NOT NULL
                CHECK (state IN ('pending', 'active', 'transition', 'retired', 'compromised', 'destroyed')),
            state_at timestamptz NOT NULL,
            compromised_at timestamptz,
            is_active boolean NOT NULL CHECK (is_active = (state = 'active')),
            rotation_count integer NOT NULL CHECK (rotation_count >= 0),
            suite smallint,
            row_bound boolean,
            record_keys boolean,
            metadata json NOT NULL DEFAULT '{}',
            revision bigint NOT NULL,
            row_mac bytea NOT NULL,
            CHECK ((parent_key_id IS NULL) = (key_type = 'master') AND (parent_version IS NULL) = (key_type = 'master')),
            CHECK ((suite IS NULL) = (key_type <> 'fek') AND (row_bound IS NULL) = (key_type <> 'fek')
                AND (record_keys IS NULL) = (key_type <> 'fek'))
        );
        CREATE UNIQUE INDEX encryption_keys_one_active ON encryption_keys (key_type, key_id) WHERE is_active;
        CREATE UNIQUE INDEX encryption_keys_count ON encryption_keys (key_type, key_id, rotation_count);
        CREATE INDEX encryption_keys_parent ON encryption_keys (parent_key_id, parent_version);
        CREATE TABLE catalog_tables (
            id uuid PRIMARY KEY,
            name text NOT NULL,
            key_columns text NOT NULL,
            is_removed boolean NOT NULL,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL
        );
        CREATE INDEX catalog_tables_name ON catalog_tables (name);
        CREATE TABLE catalog_fields (
            id uuid PRIMARY KEY,
            table_id uuid NOT NULL REFERENCES catalog_tables,
            name text NOT NULL,
            sensitivity smallint NOT NULL,
            suite smallint NOT NULL,
            row_bound boolean NOT NULL,
            record_keys boolean NOT NULL,
            is_removed boolean NOT NULL,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL
        );
        CREATE INDEX catalog_fields_table ON catalog_fields (table_id, name);
        CREATE TABLE catalog_indexes (
            id uuid PRIMARY KEY,
            field_id uuid NOT NULL REFERENCES catalog_fields,
            name text NOT NULL,
            bits smallint NOT NULL CHECK (bits BETWEEN 1 AND 256),
            normaliser smallint NOT NULL,
            is_removed boolean NOT NULL,
            revision bigint NOT NULL,
            row_mac bytea NOT NULL
        );
        CREATE INDEX catalog_indexes_field ON catalog_indexes (field_id);
        """
}
