import FieldsealCrypto
import FieldsealPostgres

extension KeyRecord {
    /// New rows, which carry their revision.
    static func insert(_ records: [KeyRecord], macs: [[UInt8]]) -> PostgresQuery {
        """
        INSERT INTO encryption_keys (
            id, key_type, key_id, version, parent_key_id, parent_version, encrypted_key, key_hash, algorithm, created_at,
            expires_at, state, state_at, compromised_at, is_active, rotation_count, suite, row_bound, record_keys,
            subject_keys, partner_version, deactivated_at, refused_at, leased, metadata, revision, row_mac)
        SELECT * FROM unnest(
            \(records.map(\.identity.row.uuid)), \(records.map(\.object.kind.name)), \(records.map(\.object.id.uuid)),
            \(records.map(\.version.column)), \(records.map { $0.identity.parent?.object.uuid }),
            \(records.map { $0.identity.parent?.version.column }), \(records.map(\.encryptedKey)),
            \(records.map(\.keyHash)), \(records.map(\.algorithm)), \(records.map { timestamp($0.createdUnixUs) }),
            \(records.map { timestamp($0.expiresUnixUs) }), \(records.map(\.state.rawValue)),
            \(records.map { timestamp($0.stateUnixUs) }), \(records.map { timestamp($0.compromisedUnixUs) }),
            \(records.map(\.isActive)), \(records.map(\.rotationCount)),
            \(records.map { $0.protection.map { Int16($0.suite.rawValue) } }), \(records.map { $0.protection?.rowBound }),
            \(records.map { $0.protection?.recordKeys }), \(records.map { $0.protection?.subjectKeys ?? false }),
            \(records.map { $0.partner?.column }), \(records.map { timestamp($0.deactivatedUnixUs) }),
            \(records.map { timestamp($0.refusedUnixUs) }), \(records.map(\.leased)), \(records.map(\.metadata))::json[],
            \(records.map { Int64($0.revision) }), \(macs))
        """
    }

    /// What can change in rows; the revision at which each was read guards it against another writer.
    static func update(_ records: [KeyRecord], to revision: Int64, macs: [[UInt8]]) -> PostgresQuery {
        """
        UPDATE encryption_keys AS old SET
            parent_version = new.parent_version, encrypted_key = new.encrypted_key, key_hash = new.key_hash,
            algorithm = new.algorithm, expires_at = new.expires_at, state = new.state, state_at = new.state_at,
            compromised_at = new.compromised_at, is_active = new.is_active, metadata = new.metadata::json,
            partner_version = new.partner_version, deactivated_at = new.deactivated_at, refused_at = new.refused_at,
            leased = new.leased,
            revision = \(revision), row_mac = new.row_mac
        FROM unnest(
            \(records.map(\.identity.row.uuid)), \(records.map { Int64($0.revision) }),
            \(records.map { $0.identity.parent?.version.column }), \(records.map(\.encryptedKey)),
            \(records.map(\.keyHash)), \(records.map(\.algorithm)), \(records.map { timestamp($0.expiresUnixUs) }),
            \(records.map(\.state.rawValue)), \(records.map { timestamp($0.stateUnixUs) }),
            \(records.map { timestamp($0.compromisedUnixUs) }), \(records.map(\.isActive)), \(records.map(\.metadata)),
            \(records.map { $0.partner?.column }), \(records.map { timestamp($0.deactivatedUnixUs) }),
            \(records.map { timestamp($0.refusedUnixUs) }), \(records.map(\.leased)), \(macs)
        ) AS new (
            id, revision, parent_version, encrypted_key, key_hash, algorithm, expires_at, state, state_at, compromised_at,
            is_active, metadata, partner_version, deactivated_at, refused_at, leased, row_mac)
        WHERE old.id = new.id AND old.revision = new.revision
        """
    }

    static func timestamp(_ microseconds: Int64?) -> PostgresTimestamp? {
        microseconds.flatMap(PostgresTimestamp.init(unixMicroseconds:))
    }
}

/// A row of the catalog.
protocol CatalogRow: Identifiable<ObjectID> {
    func canonical(revision: UInt64) -> CanonicalRow

    /// Writes rows, whatever stands there.
    static func upsert(_ rows: [Self], revision: Int64, macs: [[UInt8]]) -> PostgresQuery
}

extension CatalogTable: CatalogRow {
    static func upsert(_ rows: [CatalogTable], revision: Int64, macs: [[UInt8]]) -> PostgresQuery {
        """
        INSERT INTO catalog_tables (id, name, key_columns, is_removed, revision, row_mac)
        SELECT id, name, key_columns, is_removed, \(revision), row_mac FROM unnest(
            \(rows.map(\.id.uuid)), \(rows.map(\.name)), \(rows.map(\.keyColumnList)), \(rows.map(\.isRemoved)), \(macs)
        ) AS new (id, name, key_columns, is_removed, row_mac)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, key_columns = excluded.key_columns,
            is_removed = excluded.is_removed, revision = excluded.revision, row_mac = excluded.row_mac
        """
    }
}

extension CatalogField: CatalogRow {
    static func upsert(_ rows: [CatalogField], revision: Int64, macs: [[UInt8]]) -> PostgresQuery {
        """
        INSERT INTO catalog_fields
            (id, table_id, name, sensitivity, suite, row_bound, record_keys, subject_keys, rotation_days,
            transition_days, dual, backup_retention_days, locations, is_removed, revision, row_mac)
        SELECT id, table_id, name, sensitivity, suite, row_bound, record_keys, subject_keys, rotation_days,
            transition_days, dual, backup_retention_days, locations, is_removed, \(revision), row_mac
        FROM unnest(
            \(rows.map(\.id.uuid)), \(rows.map(\.tableID.uuid)), \(rows.map(\.name)), \(rows.map(\.sensitivity.rawValue)),
            \(rows.map { Int16($0.protection.suite.rawValue) }), \(rows.map(\.protection.rowBound)),
            \(rows.map(\.protection.recordKeys)), \(rows.map(\.protection.subjectKeys)),
            \(rows.map(\.lifecycle.rotationDays)), \(rows.map(\.lifecycle.transitionDays)),
            \(rows.map(\.lifecycle.isDual)), \(rows.map(\.lifecycle.backupRetentionDays)), \(rows.map(\.locationList)),
            \(rows.map(\.isRemoved)), \(macs)
        ) AS new (
            id, table_id, name, sensitivity, suite, row_bound, record_keys, subject_keys, rotation_days,
            transition_days, dual, backup_retention_days, locations, is_removed, row_mac)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, sensitivity = excluded.sensitivity,
            suite = excluded.suite, row_bound = excluded.row_bound, record_keys = excluded.record_keys,
            subject_keys = excluded.subject_keys, rotation_days = excluded.rotation_days,
            transition_days = excluded.transition_days, dual = excluded.dual,
            backup_retention_days = excluded.backup_retention_days, locations = excluded.locations,
            is_removed = excluded.is_removed, revision = excluded.revision, row_mac = excluded.row_mac
        """
    }
}

extension CatalogIndex: CatalogRow {
    static func upsert(_ rows: [CatalogIndex], revision: Int64, macs: [[UInt8]]) -> PostgresQuery {
        """
        INSERT INTO catalog_indexes
            (id, field_id, name, bits, normaliser, kind, hashes, shortest, longest, beside, beside_normaliser, is_removed,
            revision, row_mac)
        SELECT id, field_id, name, bits, normaliser, kind, hashes, shortest, longest, beside, beside_normaliser, is_removed,
            \(revision), row_mac
        FROM unnest(
            \(rows.map(\.id.uuid)), \(rows.map(\.fieldID.uuid)), \(rows.map(\.name)), \(rows.map { Int16($0.bits) }),
            \(rows.map(\.normaliser.rawValue)), \(rows.map { Int16($0.kind.numbers.kind) }),
            \(rows.map { Int16($0.kind.numbers.hashes) }), \(rows.map { Int16($0.kind.numbers.shortest) }),
            \(rows.map { Int16($0.kind.numbers.longest) }), \(rows.map(\.beside)),
            \(rows.map { Int16($0.kind.numbers.beside) }), \(rows.map(\.isRemoved)), \(macs)
        ) AS new (id, field_id, name, bits, normaliser, kind, hashes, shortest, longest, beside, beside_normaliser,
            is_removed, row_mac)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, bits = excluded.bits, normaliser = excluded.normaliser,
            kind = excluded.kind, hashes = excluded.hashes, shortest = excluded.shortest, longest = excluded.longest,
            beside = excluded.beside, beside_normaliser = excluded.beside_normaliser, is_removed = excluded.is_removed,
            revision = excluded.revision, row_mac = excluded.row_mac
        """
    }
}
