extension AuditSchema {
    /// The tree over the blocks. A head continues exactly one other, by size, root and term: of two sequencers that go on
    /// behind the same head, one fails.
    ///
    /// Leaf hashes of stored blocks are made as a generated column, for rows are never updated; it is a plain column then.
    static let addTree = """
        CREATE FUNCTION audit_leaf_length(length integer) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
            DECLARE
                rest integer := length;
                varint bytea := '';
            BEGIN
                WHILE rest > 127 LOOP
                    varint := varint || set_byte('\\x00', 0, (rest & 127) | 128);
                    rest := rest >> 7;
                END LOOP;
                RETURN varint || set_byte('\\x00', 0, rest);
            END $$;
        ALTER TABLE audit_blocks
            ADD COLUMN leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32) GENERATED ALWAYS AS (
                sha256('\\x000a'::bytea || audit_leaf_length(octet_length(block)) || block
                    || CASE WHEN octet_length(signature) = 0 THEN '\\x'::bytea
                        ELSE '\\x12'::bytea || audit_leaf_length(octet_length(signature)) || signature END)) STORED;
        ALTER TABLE audit_blocks ALTER COLUMN leaf_hash DROP EXPRESSION;
        DROP FUNCTION audit_leaf_length;
        CREATE TABLE audit_tree_heads (
            size bigint PRIMARY KEY CHECK (size >= 0),
            root bytea NOT NULL CHECK (octet_length(root) = 32),
            term bigint NOT NULL,
            previous_size bigint UNIQUE CHECK (previous_size < size),
            previous_root bytea,
            previous_term bigint CHECK (previous_term <= term),
            peaks bytea NOT NULL,
            last_event bigint NOT NULL CHECK (last_event >= 0),
            stored_unix_us bigint NOT NULL,
            UNIQUE (size, root, term),
            FOREIGN KEY (previous_size, previous_root, previous_term)
                REFERENCES audit_tree_heads (size, root, term) MATCH FULL,
            CHECK (size = 0 OR previous_size IS NOT NULL)
        );
        INSERT INTO audit_tree_heads (size, root, term, peaks, last_event, stored_unix_us)
            VALUES (0, sha256(''), 0, '', 0, 0);
        CREATE TABLE audit_tiles (
            level integer NOT NULL CHECK (level >= 0),
            index bigint NOT NULL CHECK (index >= 0),
            root bytea NOT NULL CHECK (octet_length(root) = 32),
            hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
            PRIMARY KEY (level, index)
        );
        CREATE TABLE audit_checkpoints (
            size bigint NOT NULL,
            root bytea NOT NULL,
            term bigint NOT NULL,
            signed_unix_us bigint NOT NULL,
            note bytea NOT NULL,
            PRIMARY KEY (size, signed_unix_us),
            FOREIGN KEY (size, root, term) REFERENCES audit_tree_heads (size, root, term)
        );
        CREATE TABLE audit_cosignatures (
            size bigint NOT NULL,
            witness text NOT NULL,
            cosigned_unix_s bigint NOT NULL,
            signature bytea NOT NULL,
            PRIMARY KEY (size, witness, cosigned_unix_s)
        );
        CREATE INDEX audit_cosignatures_witness ON audit_cosignatures (witness, size);
        CREATE TRIGGER audit_tree_heads_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_tree_heads
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        CREATE TRIGGER audit_tiles_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_tiles
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        CREATE TRIGGER audit_cosignatures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cosignatures
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
        REVOKE ALL ON audit_tree_heads, audit_tiles, audit_checkpoints, audit_cosignatures FROM PUBLIC;
        """
}
