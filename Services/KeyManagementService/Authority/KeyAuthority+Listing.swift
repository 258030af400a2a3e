import FieldsealCrypto
import FieldsealPostgres

/// One version of a key and what operators call it.
struct NamedKey: Sendable {
    var name: String
    var record: KeyRecord
}

struct StoreCounts: Sendable {
    var revision: UInt64
    var tables: UInt32
    var fields: UInt32
    var keys: UInt32
    /// Events that are not in the audit trail yet.
    var outboxPending: UInt64
    var isQuarantined: Bool
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
            return records.filter { wanted?.contains($0.object) ?? true }.map {
                NamedKey(name: names.name(of: $0.object), record: $0)
            }
            .sorted { ($0.name, $0.record.rotationCount) < ($1.name, $1.record.rotationCount) }
        }
    }

    /// One version, or the active one, and all versions of the same key, the newest first.
    func key(named name: String, version: KeyVersion?) async throws -> (key: NamedKey, versions: [NamedKey]) {
        let keyring = try unsealed()
        return try await read { reader in
            guard let object = try await reader.keyObject(named: name, store: keyring.storeID) else {
                throw KeyServiceError.unknownKey
            }
            let versions = try await reader.versions(of: object, limit: Self.listingLimit)
                .map { NamedKey(name: name, record: $0) }
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
                    (SELECT count(*) FROM audit_outbox) AS pending
                """
            ).single()
            return StoreCounts(
                revision: standing.state.revision,
                tables: UInt32(clamping: try row.value("tables", as: Int64.self)),
                fields: UInt32(clamping: try row.value("fields", as: Int64.self)),
                keys: UInt32(clamping: try row.value("keys", as: Int64.self)),
                outboxPending: UInt64(clamping: try row.value("pending", as: Int64.self)),
                isQuarantined: standing.objection(newestKnown: newest) != nil)
        }
    }
}
