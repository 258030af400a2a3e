extension AuditSchema {
    /// The rows of a month in partitions of their own, which can be archived and dropped without a row being deleted.
    ///
    /// What was stored before there were months becomes the first partition, which takes all that is older, too. Its rows get
    /// their month by a default that needs no rewriting. An outbox id is unique over all months, so it stands in a table of its
    /// own; what is to be known of epochs after their blocks are archived does, too.
    static let addMonths = """
        CREATE TABLE audit_months (
            month integer PRIMARY KEY CHECK (month BETWEEN 197001 AND 999912 AND month % 100 BETWEEN 1 AND 12)
        );
        ALTER TABLE audit_events DROP CONSTRAINT audit_events_position_fkey,
            DROP CONSTRAINT audit_events_position_event_sequence_key, DROP CONSTRAINT audit_events_pkey;
        ALTER TABLE audit_blocks DROP CONSTRAINT audit_blocks_producer_epoch_sequence_key,
            DROP CONSTRAINT audit_blocks_pkey;
        CREATE TABLE audit_outbox_events (
            outbox_id bytea PRIMARY KEY CHECK (octet_length(outbox_id) = 16),
            index bigint NOT NULL
        );
        INSERT INTO audit_outbox_events SELECT outbox_id, index FROM audit_events WHERE outbox_id IS NOT NULL;
        DROP INDEX audit_events_outbox;
        DO $$
        DECLARE
            today timestamp := now() AT TIME ZONE 'UTC';
            month text := to_char(today, 'YYYYMM');
            parent text;
            taken text;
        BEGIN
            INSERT INTO audit_months VALUES (month::integer);
            FOREACH parent IN ARRAY ARRAY['audit_blocks', 'audit_events'] LOOP
                EXECUTE format('ALTER TABLE %I ADD COLUMN month integer NOT NULL DEFAULT %s', parent, month);
                EXECUTE format('ALTER TABLE %I ALTER COLUMN month DROP DEFAULT', parent);
                FOR taken IN SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = parent::regclass LOOP
                    EXECUTE format('ALTER INDEX %I RENAME TO %I', taken, taken || '_' || month);
                END LOOP;
                EXECUTE format('ALTER TABLE %I RENAME TO %I', parent, parent || '_' || month);
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING CONSTRAINTS INCLUDING STORAGE) PARTITION BY RANGE (month)',
                    parent, parent || '_' || month);
            END LOOP;
            ALTER TABLE audit_blocks ADD PRIMARY KEY (position, month), ADD UNIQUE (producer, epoch, sequence, month);
            CREATE INDEX audit_blocks_opening ON audit_blocks (producer, position) WHERE sequence = 1;
            ALTER TABLE audit_events ADD PRIMARY KEY (index, month), ADD UNIQUE (position, event_sequence, month);
            CREATE INDEX audit_events_time ON audit_events (first_unix_us, index);
            CREATE INDEX audit_events_actor ON audit_events (actor, index);
            CREATE INDEX audit_events_operation ON audit_events (operation, index);
            CREATE INDEX audit_events_field ON audit_events (table_name, field_name, index);
            CREATE INDEX audit_events_key_version ON audit_events (key_version, index) WHERE key_version <> 0;
            CREATE INDEX audit_events_failure ON audit_events (index) WHERE outcome <> 0;
            CREATE INDEX audit_events_store_revision ON audit_events (store_revision, index) WHERE store_revision <> 0;
            FOREACH parent IN ARRAY ARRAY['audit_blocks', 'audit_events'] LOOP
                EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%s)',
                    parent, parent || '_' || month, to_char(today + interval '1 month', 'YYYYMM'));
                EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT '
                    'EXECUTE FUNCTION audit_log_is_append_only()', parent || '_append_only', parent);
            END LOOP;
        END $$;
        CREATE TABLE audit_archives (
            month integer PRIMARY KEY REFERENCES audit_months,
            first_position bigint NOT NULL,
            last_position bigint NOT NULL CHECK (last_position >= first_position - 1),
            last_event bigint NOT NULL,
            peaks bytea NOT NULL,
            bundle text NOT NULL,
            digest bytea NOT NULL,
            archived_unix_us bigint NOT NULL
        );
        CREATE TABLE audit_archived_epochs (
            producer text NOT NULL,
            epoch bytea NOT NULL,
            sequence bigint NOT NULL,
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            last_event bigint NOT NULL,
            stored_unix_us bigint NOT NULL,
            is_closed boolean NOT NULL,
            store_revision bigint NOT NULL,
            opening_position bigint,
            opening bytea,
            PRIMARY KEY (producer, epoch, sequence)
        );
        CREATE TABLE audit_holds (
            name text PRIMARY KEY,
            first_month integer NOT NULL,
            last_month integer NOT NULL CHECK (last_month >= first_month),
            reason text NOT NULL,
            placed_by text NOT NULL,
            placed_unix_us bigint NOT NULL
        );
        CREATE TABLE audit_hold_releases (
            name text PRIMARY KEY REFERENCES audit_holds,
            reason text NOT NULL,
            released_by text NOT NULL,
            released_unix_us bigint NOT NULL
        );
        DO $$
        DECLARE
            guarded text;
        BEGIN
            FOREACH guarded IN ARRAY ARRAY['audit_months', 'audit_outbox_events', 'audit_archives', 'audit_archived_epochs',
                'audit_holds', 'audit_hold_releases'] LOOP
                EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT '
                    'EXECUTE FUNCTION audit_log_is_append_only()', guarded || '_append_only', guarded);
                EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', guarded);
            END LOOP;
        END $$;
        REVOKE ALL ON audit_blocks, audit_events FROM PUBLIC;
        """
}
