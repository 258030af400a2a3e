import FieldsealCrypto
import FieldsealPostgres

/// One version of a key and what operators call it.
struct NamedKey: Sendable {
    var name: String
    var record: KeyRecord
    var details = VersionDetails()
}

/// What is said of a version besides its row. Times are microseconds since 1970; nil: there is none.
struct VersionDetails: Sendable, Equatable {
    /// Of an active version: as the policy of now has it, not that of its making.
    var expiresUnixUs: Int64?
    /// Of a version in transition.
    var transitionEndsUnixUs: Int64?
    /// The earliest time of a destruction by schedule.
    var destroyUnixUs: Int64?
    /// Values that the last census found under it; nil: there was none.
    var rows: UInt64?
}

struct StoreCounts: Sendable {
    var revision: UInt64
    var tables: UInt32
    var fields: UInt32
    var keys: UInt32
    /// Events that are not in the audit trail yet.
    var outboxPending: UInt64
    var isQuarantined: Bool
    var lateRotations: UInt32
}

extension KeyAuthority {
    /// What fits into one answer.
    static let listingLimit = 20_000

    /// All versions, of everything or of what `name` names and the keys under it.
    ///
    /// - Throws: `KeyServiceError.unknownKey` for a name that the catalog does not have; `tooMany` over `listingLimit`.
    func keys(named name: String?, kind: KeyKind?) async throws -> [NamedKey] {
        let keyring = try unsealed()
        return try await read { reader in
            let names = KeyNames(try await reader.catalog(), store: keyring.storeID)
            var condition: PostgresQuery = "key_type NOT IN ('store-integrity', 'unseal')"
            if let kind { condition.append(" AND key_type = \(kind.name)") }
            var wanted: Set<KeyObject>?
            if let name {
                guard let objects = names.objects(under: name) else { throw KeyServiceError.unknownKey }
                wanted = Set(objects)
                condition.append(" AND key_id = ANY(\(objects.map(\.id.uuid)))")
            }
            condition.append(" ORDER BY key_type, key_id, rotation_count")
            let records = try await reader.keys(condition, limit: Self.listingLimit + 1)
            guard records.count <= Self.listingLimit else { throw KeyServiceError.tooMany }
            var view = ScheduleView()
            try await view.refresh(reader)
            let now = self.clock()
            return records.filter { wanted?.contains($0.object) ?? true }.map {
                NamedKey(
                    name: names.name(of: $0.object), record: $0,
                    details: view.details(of: $0, self.rotation, atUnixUs: now))
            }
            .sorted { ($0.name, $0.record.rotationCount) < ($1.name, $1.record.rotationCount) }
        }
    }

    /// The active versions that can be rotated: of everything, or of a table and its fields. Those of removed objects and of
    /// deterministic fields are left out.
    ///
    /// - Throws: `KeyServiceError.unknownKey` for a name that the catalog does not have.
    func activeKeys(under name: String, kind: KeyKind?) async throws -> [NamedKey] {
        let keyring = try unsealed()
        return try await read { reader in
            let catalog = try await reader.catalog()
            let names = KeyNames(catalog, store: keyring.storeID)
            let wanted = names.objects(under: name).map(Set.init)
            guard name.isEmpty || wanted != nil else { throw KeyServiceError.unknownKey }
            let live = Set(catalog.tables.filter { !$0.isRemoved }.map(\.id))
            let fields = Set(catalog.fields.filter { !$0.isRemoved && live.contains($0.tableID) }.map(\.id))
            return try await reader.keys("is_active ORDER BY key_type, key_id", limit: Int(Int32.max))
                .filter { record in
                    guard kind == nil || record.object.kind == kind, wanted?.contains(record.object) ?? true else {
                        return false
                    }
                    return switch record.object.kind {
                    case .master: true
                    case .dek: live.contains(record.object.id)
                    case .fek: fields.contains(record.object.id) && record.protection?.suite.isDeterministic == false
                    case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: false
                    }
                }
                .map { NamedKey(name: names.name(of: $0.object), record: $0) }
                .sorted { $0.name < $1.name }
        }
    }

    /// One version, or the active one, and all versions of the same key, the newest first.
    func key(named name: String, version: KeyVersion?) async throws -> (key: NamedKey, versions: [NamedKey]) {
        let keyring = try unsealed()
        return try await read { reader in
            guard let object = try await reader.keyObject(named: name, store: keyring.storeID) else {
                throw KeyServiceError.unknownKey
            }
            var view = ScheduleView()
            try await view.refresh(reader)
            let now = self.clock()
            let versions = try await reader.versions(of: object, limit: Self.listingLimit).map {
                NamedKey(name: name, record: $0, details: view.details(of: $0, self.rotation, atUnixUs: now))
            }
            let key = versions.first { named in
                version.map { $0 == named.record.version } ?? named.record.isActive
            }
            guard let key else { throw version == nil ? KeyServiceError.noKeyYet : .unknownVersion }
            return (key, versions)
        }
    }

    /// The key that an operator names, if the catalog has it.
    func keyObject(named name: String) async throws -> KeyObject? {
        let keyring = try unsealed()
        return try await read { reader in
            try await reader.keyObject(named: name, store: keyring.storeID)
        }
    }

    /// Answers of a quarantined store, too.
    func counts() async throws -> StoreCounts {
        let newest = newestKnown
        return try await read(.any) { reader in
            let standing = try await reader.standing()
            let row = try await reader.connection.query(
                """
                SELECT (SELECT count(*) FROM catalog_tables WHERE NOT is_removed) AS tables,
                    (SELECT count(*) FROM catalog_fields WHERE NOT is_removed) AS fields,
                    (SELECT count(*) FROM encryption_keys) AS keys,
                    (SELECT count(*) FROM audit_outbox) AS pending,
                    (SELECT count(*) FROM encryption_keys
                        WHERE is_active AND expires_at < \(PostgresTimestamp(unixMicroseconds: clock()))) AS late
                """
            ).single()
            return StoreCounts(
                revision: standing.state.revision,
                tables: UInt32(clamping: try row.value("tables", as: Int64.self)),
                fields: UInt32(clamping: try row.value("fields", as: Int64.self)),
                keys: UInt32(clamping: try row.value("keys", as: Int64.self)),
                outboxPending: UInt64(clamping: try row.value("pending", as: Int64.self)),
                isQuarantined: standing.objection(newestKnown: newest) != nil,
                lateRotations: UInt32(clamping: try row.value("late", as: Int64.self)))
        }
    }
}
