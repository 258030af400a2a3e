import FieldsealPostgres

/// The log's tables. Rows are inserted, never changed: triggers refuse everything else, to the owner too.
enum AuditSchema {
    static let migrations = Migrations(
        component: "audit-log",
        [
            Migration(1, "blocks and events", createLog), Migration(2, "findings and outbox ids", addFindings),
            Migration(3, "counts, asserted actors and store revisions", addUse),
            Migration(4, "tree, checkpoints and cosignatures", addTree),
            Migration(5, "reviews of findings", addReviews), Migration(6, "months, archives and holds", addMonths),
            Migration(7, "origin", addOrigin), Migration(8, "spans of time", addSpans),
        ])

    static let tables = [
        "audit_blocks", "audit_events", "audit_findings", "audit_tree_heads", "audit_tiles", "audit_checkpoints",
        "audit_cosignatures", "audit_finding_reviews", "audit_months", "audit_outbox_events", "audit_archives",
        "audit_archived_epochs", "audit_holds", "audit_hold_releases", "audit_origin", "audit_spans",
    ]

    /// Between which times the events of each complete tile's blocks were: what a query by time need not look at.
    private static let addSpans = """
        CREATE TABLE audit_spans (
            tile bigint PRIMARY KEY CHECK (tile >= 0),
            first_event bigint NOT NULL,
            last_event bigint NOT NULL,
            first_unix_us bigint NOT NULL,
            last_unix_us bigint NOT NULL
        );
        INSERT INTO audit_spans
            SELECT (position - 1) / 256, min(index), max(index), min(first_unix_us), max(last_unix_us) FROM audit_events
            WHERE position <= (SELECT size / 256 * 256 FROM audit_tree_heads ORDER BY size DESC LIMIT 1) GROUP BY 1;
        CREATE TRIGGER audit_spans_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_spans
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        REVOKE ALL ON audit_spans FROM PUBLIC;
        """

    /// Of a log that takes the place of another one.
    private static let addOrigin = """
        CREATE TABLE audit_origin (
            id boolean PRIMARY KEY DEFAULT true CHECK (id),
            previous text NOT NULL,
            statement bytea NOT NULL,
            begun_unix_us bigint NOT NULL
        );
        CREATE TRIGGER audit_origin_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_origin
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        REVOKE ALL ON audit_origin FROM PUBLIC;
        """

    private static let createLog = """
        CREATE TABLE audit_blocks (
            position bigint PRIMARY KEY CHECK (position > 0),
            producer text NOT NULL,
            epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
            sequence bigint NOT NULL CHECK (sequence > 0),
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            dropped bigint NOT NULL CHECK (dropped >= 0),
            last_event bigint NOT NULL,
            last_unix_us bigint NOT NULL,
            stored_unix_us bigint NOT NULL,
            block bytea NOT NULL,
            signature bytea NOT NULL,
            UNIQUE (producer, epoch, sequence)
        );
        CREATE TABLE audit_events (
            index bigint PRIMARY KEY CHECK (index > 0),
            position bigint NOT NULL REFERENCES audit_blocks,
            event_sequence bigint NOT NULL,
            first_unix_us bigint NOT NULL,
            last_unix_us bigint NOT NULL,
            actor text NOT NULL,
            operation integer NOT NULL,
            table_name text NOT NULL,
            field_name text NOT NULL,
            key_version bigint NOT NULL,
            outcome integer NOT NULL,
            event bytea NOT NULL,
            UNIQUE (position, event_sequence)
        );
        CREATE INDEX audit_events_time ON audit_events (first_unix_us, index);
        CREATE INDEX audit_events_actor ON audit_events (actor, index);
        CREATE INDEX audit_events_operation ON audit_events (operation, index);
        CREATE INDEX audit_events_field ON audit_events (table_name, field_name, index);
        CREATE INDEX audit_events_key_version ON audit_events (key_version, index) WHERE key_version <> 0;
        CREATE INDEX audit_events_failure ON audit_events (index) WHERE outcome <> 0;
        CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
        CREATE TRIGGER audit_blocks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_blocks
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        """

    private static let addFindings = """
        ALTER TABLE audit_events ADD COLUMN outbox_id bytea CHECK (octet_length(outbox_id) = 16);
        CREATE UNIQUE INDEX audit_events_outbox ON audit_events (outbox_id) WHERE outbox_id IS NOT NULL;
        CREATE TABLE audit_findings (
            kind text NOT NULL,
            producer text NOT NULL,
            epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
            sequence bigint NOT NULL,
            hash bytea NOT NULL CHECK (octet_length(hash) = 32),
            found_unix_us bigint NOT NULL,
            PRIMARY KEY (producer, epoch, sequence, kind)
        );
        CREATE TRIGGER audit_findings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_findings
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        REVOKE ALL ON audit_blocks, audit_events, audit_findings FROM PUBLIC;
        """

    private static let addReviews = """
        CREATE INDEX audit_blocks_opening ON audit_blocks (producer, position) WHERE sequence = 1;
        CREATE TABLE audit_finding_reviews (
            producer text NOT NULL,
            epoch bytea NOT NULL,
            sequence bigint NOT NULL,
            kind text NOT NULL,
            reviewer text NOT NULL,
            note text NOT NULL,
            reviewed_unix_us bigint NOT NULL,
            PRIMARY KEY (producer, epoch, sequence, kind),
            FOREIGN KEY (producer, epoch, sequence, kind) REFERENCES audit_findings
        );
        CREATE TRIGGER audit_finding_reviews_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_finding_reviews
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        REVOKE ALL ON audit_finding_reviews FROM PUBLIC;
        """

    /// Columns for what stood in the encoded event alone. Rows are never updated, not here either: the columns are made as
    /// generated ones, which reads the stored encodings while the table is rewritten, and are plain columns from then on.
    private static let addUse = """
        CREATE FUNCTION audit_event_varint(event bytea, INOUT place integer, OUT value bigint)
            LANGUAGE plpgsql IMMUTABLE AS $$
            DECLARE
                octet integer;
                shift integer := 0;
            BEGIN
                value := 0;
                LOOP
                    octet := get_byte(event, place);
                    place := place + 1;
                    value := value | ((octet & 127)::bigint << shift);
                    shift := shift + 7;
                    EXIT WHEN octet < 128;
                END LOOP;
            END $$;
        -- A varint or length-delimited field of an encoded event, as text; NULL where it is not present.
        CREATE FUNCTION audit_event_field(event bytea, wanted integer) RETURNS text
            LANGUAGE plpgsql IMMUTABLE AS $$
            DECLARE
                place integer := 0;
                tag bigint;
                number bigint;
                found text;
            BEGIN
                WHILE place < octet_length(event) LOOP
                    SELECT varint.place, varint.value INTO place, tag FROM audit_event_varint(event, place) AS varint;
                    CASE tag & 7
                        WHEN 1 THEN place := place + 8;
                        WHEN 5 THEN place := place + 4;
                        ELSE
                            SELECT varint.place, varint.value INTO place, number
                            FROM audit_event_varint(event, place) AS varint;
                            IF tag & 7 = 2 THEN
                                IF tag >> 3 = wanted THEN
                                    found := convert_from(substring(event FROM place + 1 FOR number::integer), 'UTF8');
                                END IF;
                                place := place + number::integer;
                            ELSIF tag >> 3 = wanted THEN
                                found := CASE WHEN number < 0 THEN 9223372036854775807 ELSE number END::text;
                            END IF;
                    END CASE;
                END LOOP;
                RETURN found;
            END $$;
        ALTER TABLE audit_events
            ADD COLUMN asserted_actor text NOT NULL
                GENERATED ALWAYS AS (coalesce(audit_event_field(event, 6), '')) STORED,
            ADD COLUMN item_count bigint NOT NULL
                GENERATED ALWAYS AS (coalesce(audit_event_field(event, 13), '0')::bigint) STORED,
            ADD COLUMN store_revision bigint NOT NULL
                GENERATED ALWAYS AS (coalesce(audit_event_field(event, 21), '0')::bigint) STORED;
        ALTER TABLE audit_events
            ALTER COLUMN asserted_actor DROP EXPRESSION,
            ALTER COLUMN item_count DROP EXPRESSION,
            ALTER COLUMN store_revision DROP EXPRESSION;
        DROP FUNCTION audit_event_field, audit_event_varint;
        CREATE INDEX audit_events_store_revision ON audit_events (store_revision, index) WHERE store_revision <> 0;
        """
}
