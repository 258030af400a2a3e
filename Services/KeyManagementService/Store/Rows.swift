import FieldsealCrypto
import FieldsealPostgres

// Swift values to and from the columns of the store. What does not fit is `KeyServiceError.damaged`.

extension ObjectID {
    init(_ uuid: PostgresUUID) {
        self.init(high: UInt64(uuid.rawValue >> 64), low: UInt64(truncatingIfNeeded: uuid.rawValue))
    }

    var uuid: PostgresUUID { PostgresUUID(rawValue: UInt128(high) << 64 | UInt128(low)) }
}

extension KeyVersion {
    init?(column: Int64) { self.init(rawValue: UInt64(bitPattern: column)) }

    /// The 64 bits as PostgreSQL's signed number.
    var column: Int64 { Int64(bitPattern: rawValue) }
}

extension PostgresRow {
    func objectID(_ column: String) throws -> ObjectID { ObjectID(try value(column, as: PostgresUUID.self)) }

    func microseconds(_ column: String) throws -> Int64 {
        try value(column, as: PostgresTimestamp.self).unixMicroseconds
    }

    func optionalMicroseconds(_ column: String) throws -> Int64? {
        try optional(column, as: PostgresTimestamp.self)?.unixMicroseconds
    }

    func revision() throws -> UInt64 {
        guard let revision = UInt64(exactly: try value("revision", as: Int64.self)) else {
            throw unreadable("revision")
        }
        return revision
    }

    func unreadable(_ column: String) -> KeyServiceError { .damaged("unreadable column \(column)") }
}

extension KeyRecord {
    static let columns: PostgresQuery = """
        id, key_type, key_id, version, parent_key_id, parent_version, encrypted_key, key_hash, algorithm, created_at,
        expires_at, state, state_at, compromised_at, is_active, rotation_count, suite, row_bound, record_keys,
        subject_keys, partner_version, deactivated_at, refused_at, leased, metadata::text AS metadata, revision, row_mac
        """

    init(_ row: PostgresRow) throws {
        guard let kind = KeyKind(name: try row.value("key_type")) else { throw row.unreadable("key_type") }
        guard let version = KeyVersion(column: try row.value("version")) else { throw row.unreadable("version") }
        guard let state = KeyState(rawValue: try row.value("state")) else { throw row.unreadable("state") }
        guard try row.value("is_active") == (state == .active) else { throw row.unreadable("is_active") }
        self.init(
            identity: KeyIdentity(
                kind: kind, row: try row.objectID("id"), object: try row.objectID("key_id"), version: version,
                parent: try Self.parent(row)),
            encryptedKey: try row.value("encrypted_key"), keyHash: try row.value("key_hash"),
            algorithm: try row.value("algorithm"), createdUnixUs: try row.microseconds("created_at"),
            expiresUnixUs: try row.optionalMicroseconds("expires_at"), state: state,
            stateUnixUs: try row.microseconds("state_at"),
            compromisedUnixUs: try row.optionalMicroseconds("compromised_at"),
            deactivatedUnixUs: try row.optionalMicroseconds("deactivated_at"),
            refusedUnixUs: try row.optionalMicroseconds("refused_at"),
            rotationCount: try row.value("rotation_count"), metadata: try row.value("metadata"),
            protection: try Self.protection(row),
            partner: try row.optional("partner_version", as: Int64.self).flatMap(KeyVersion.init(column:)),
            leased: try row.value("leased"), revision: try row.revision())
    }

    private static func parent(_ row: PostgresRow) throws -> KeyIdentity.Parent? {
        guard let id = try row.optional("parent_key_id", as: PostgresUUID.self) else { return nil }
        guard let version = KeyVersion(column: try row.value("parent_version")) else {
            throw row.unreadable("parent_version")
        }
        return KeyIdentity.Parent(object: ObjectID(id), version: version)
    }

    private static func protection(_ row: PostgresRow) throws -> FieldProtection? {
        guard try row.optional("suite", as: Int16.self) != nil else { return nil }
        return try FieldProtection(row)
    }
}

extension FieldProtection {
    init(_ row: PostgresRow) throws {
        guard let raw = UInt8(exactly: try row.value("suite", as: Int16.self)), let suite = CipherSuite(rawValue: raw)
        else { throw row.unreadable("suite") }
        self.init(
            suite: suite, rowBound: try row.value("row_bound"), recordKeys: try row.value("record_keys"),
            subjectKeys: try row.value("subject_keys"))
    }
}

extension CatalogTable {
    static let columns: PostgresQuery = "id, name, key_columns, is_removed, revision, row_mac"

    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.objectID("id"), name: try row.value("name"),
            keyColumns: Self.keyColumns(list: try row.value("key_columns")), isRemoved: try row.value("is_removed"))
    }
}

extension CatalogField {
    static let columns: PostgresQuery = """
        id, table_id, name, sensitivity, suite, row_bound, record_keys, subject_keys, rotation_days, transition_days,
        dual, backup_retention_days, locations, is_removed, revision, row_mac
        """

    init(_ row: PostgresRow) throws {
        guard let sensitivity = Sensitivity(rawValue: try row.value("sensitivity")) else {
            throw row.unreadable("sensitivity")
        }
        self.init(
            id: try row.objectID("id"), tableID: try row.objectID("table_id"), name: try row.value("name"),
            sensitivity: sensitivity, protection: try FieldProtection(row), lifecycle: try FieldLifecycle(row),
            isRemoved: try row.value("is_removed"))
    }
}

extension FieldLifecycle {
    init(_ row: PostgresRow) throws {
        self.init(
            rotationDays: try row.optional("rotation_days"), transitionDays: try row.optional("transition_days"),
            isDual: try row.value("dual"), backupRetentionDays: try row.optional("backup_retention_days"),
            locations: try row.value("locations", as: String.self).split(separator: ",").map(String.init))
    }
}

extension CatalogIndex {
    static let columns: PostgresQuery = """
        id, field_id, name, bits, normaliser, kind, hashes, shortest, longest, beside, beside_normaliser, is_removed, revision,
        row_mac
        """

    init(_ row: PostgresRow) throws {
        guard let bits = UInt16(exactly: try row.value("bits", as: Int16.self)) else { throw row.unreadable("bits") }
        guard let normaliser = Normaliser(rawValue: try row.value("normaliser")) else {
            throw row.unreadable("normaliser")
        }
        guard let kind = IndexKind(try .init(row)) else { throw row.unreadable("kind") }
        self.init(
            id: try row.objectID("id"), fieldID: try row.objectID("field_id"), name: try row.value("name"), bits: bits,
            normaliser: normaliser, kind: kind, beside: try row.value("beside"), isRemoved: try row.value("is_removed"))
    }
}

extension IndexKind.Numbers {
    fileprivate init(_ row: PostgresRow) throws {
        func number(_ column: String) throws -> Int { Int(try row.value(column, as: Int16.self)) }
        self.init(
            kind: try number("kind"), hashes: try number("hashes"), shortest: try number("shortest"),
            longest: try number("longest"), beside: try number("beside_normaliser"))
    }
}
