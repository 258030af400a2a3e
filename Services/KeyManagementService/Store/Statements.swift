import FieldsealCrypto
import FieldsealPostgres

extension KeyRecord {
    func insertion(mac: [UInt8]) -> PostgresQuery {
        """
        INSERT INTO encryption_keys (
            id, key_type, key_id, version, parent_key_id, parent_version, encrypted_key, key_hash, algorithm, created_at,
            expires_at, state, state_at, compromised_at, is_active, rotation_count, suite, row_bound, record_keys,
            subject_keys, partner_version, deactivated_at, refused_at, leased, metadata, revision, row_mac)
        VALUES (
            \(identity.row.uuid), \(object.kind.name), \(object.id.uuid), \(version.column),
            \(identity.parent?.object.uuid), \(identity.parent?.version.column), \(encryptedKey), \(keyHash),
            \(algorithm), \(PostgresTimestamp(unixMicroseconds: createdUnixUs)), \(Self.timestamp(expiresUnixUs)),
            \(state.rawValue), \(PostgresTimestamp(unixMicroseconds: stateUnixUs)),
            \(Self.timestamp(compromisedUnixUs)), \(isActive), \(rotationCount),
            \(protection.map { Int16($0.suite.rawValue) }), \(protection?.rowBound), \(protection?.recordKeys),
            \(protection?.subjectKeys ?? false), \(partner?.column),
            \(Self.timestamp(deactivatedUnixUs)), \(Self.timestamp(refusedUnixUs)), \(leased), \(metadata)::json,
            \(Int64(revision)), \(mac))
        """
    }

    /// What can change in a row; `revision` guards it against another writer.
    func update(mac: [UInt8], expecting revision: UInt64) -> PostgresQuery {
        """
        UPDATE encryption_keys SET
            parent_version = \(identity.parent?.version.column), encrypted_key = \(encryptedKey), key_hash = \(keyHash),
            algorithm = \(algorithm), expires_at = \(Self.timestamp(expiresUnixUs)), state = \(state.rawValue),
            state_at = \(PostgresTimestamp(unixMicroseconds: stateUnixUs)),
            compromised_at = \(Self.timestamp(compromisedUnixUs)), is_active = \(isActive),
            metadata = \(metadata)::json, partner_version = \(partner?.column),
            deactivated_at = \(Self.timestamp(deactivatedUnixUs)), refused_at = \(Self.timestamp(refusedUnixUs)),
            leased = \(leased),
            revision = \(Int64(self.revision)), row_mac = \(mac)
        WHERE id = \(identity.row.uuid) AND revision = \(Int64(revision))
        """
    }

    static func timestamp(_ microseconds: Int64?) -> PostgresTimestamp? {
        microseconds.flatMap(PostgresTimestamp.init(unixMicroseconds:))
    }
}

extension CatalogTable {
    func upsert(revision: Int64, mac: [UInt8]) -> PostgresQuery {
        """
        INSERT INTO catalog_tables (id, name, key_columns, is_removed, revision, row_mac)
        VALUES (\(id.uuid), \(name), \(keyColumnList), \(isRemoved), \(revision), \(mac))
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, key_columns = excluded.key_columns,
            is_removed = excluded.is_removed, revision = excluded.revision, row_mac = excluded.row_mac
        """
    }
}

extension CatalogField {
    func upsert(revision: Int64, mac: [UInt8]) -> PostgresQuery {
        """
        INSERT INTO catalog_fields
            (id, table_id, name, sensitivity, suite, row_bound, record_keys, subject_keys, rotation_days,
            transition_days, dual, backup_retention_days, locations, is_removed, revision, row_mac)
        VALUES (
            \(id.uuid), \(tableID.uuid), \(name), \(sensitivity.rawValue), \(Int16(protection.suite.rawValue)),
            \(protection.rowBound), \(protection.recordKeys), \(protection.subjectKeys),
            \(lifecycle.rotationDays), \(lifecycle.transitionDays), \(lifecycle.isDual),
            \(lifecycle.backupRetentionDays), \(locationList), \(isRemoved), \(revision), \(mac))
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, sensitivity = excluded.sensitivity,
            suite = excluded.suite, row_bound = excluded.row_bound, record_keys = excluded.record_keys,
            subject_keys = excluded.subject_keys, rotation_days = excluded.rotation_days,
            transition_days = excluded.transition_days, dual = excluded.dual,
            backup_retention_days = excluded.backup_retention_days, locations = excluded.locations,
            is_removed = excluded.is_removed, revision = excluded.revision, row_mac = excluded.row_mac
        """
    }
}

extension CatalogIndex {
    func upsert(revision: Int64, mac: [UInt8]) -> PostgresQuery {
        """
        INSERT INTO catalog_indexes (id, field_id, name, bits, normaliser, is_removed, revision, row_mac)
        VALUES (
            \(id.uuid), \(fieldID.uuid), \(name), \(Int16(bits)), \(normaliser.rawValue), \(isRemoved), \(revision),
            \(mac))
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, bits = excluded.bits, normaliser = excluded.normaliser,
            is_removed = excluded.is_removed, revision = excluded.revision, row_mac = excluded.row_mac
        """
    }
}
