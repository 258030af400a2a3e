import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres
import Synchronization

/// Permission to seal that an encryption service asks for.
struct LeaseItem: Sendable {
    var field: FieldName
    var version: KeyVersion
    /// Seals.
    var count: UInt32
}

extension KeyAuthority {
    /// Gives out permission to seal under active versions. What is given out counts as used: it is durable when this
    /// returns, so that a crash, here or there, loses seals and gives none out twice. One transaction. A version that
    /// comes to its limit is rotated at once.
    ///
    /// - Returns: seals, one result per item, in order; all that was asked for where the suite has no limit.
    func lease(_ items: [LeaseItem], context: CallContext) async throws -> [Result<UInt32, KeyServiceError>] {
        guard !items.isEmpty else { return [] }
        let (results, leased) = try await change(opening: Leases.reading(items)) { writer, rows in
            let leases = try Leases(items, rotation.seals, leasesSeen, writer.reader, rows)
            return try await self.lease(items, leases, writer: writer, context: context)
        }.value
        await followUp(leased)
        return results
    }

    /// - Returns: what each item is given, and the keys whose counts rose.
    func lease(
        _ items: [LeaseItem], _ leases: Leases, writer: StoreWriter, context: CallContext
    ) async throws -> (results: [Result<UInt32, KeyServiceError>], leased: [NamedKey]) {
        var leases = leases
        let results = items.map { item in
            Result { () throws(KeyServiceError) in try leases.lease(item) }
        }
        let leased = leases.leased
        try await writer.update(leased.map(\.key.record))
        for lease in leased {
            writer.tell(.lease, of: lease.key.record, called: lease.key.name, context, count: lease.count)
            let after = lease.key.record.leased
            let before = after - Int64(clamping: lease.count)
            if let alert = rotation.seals.alert(of: lease.key.name, before: before, after: after) {
                writer.alerts.append(alert)
            }
        }
        return (results, leased.map(\.key))
    }

    /// After the transaction that leased of these keys.
    func followUp(_ leased: [NamedKey]) async {
        for key in leased {
            leasesSeen.note(key.record)
            if rotation.seals.isSpent(key.record) { await rotateSpent(key) }
        }
    }

    /// Where this fails or is not to be, the version stays on the schedule.
    private func rotateSpent(_ key: NamedKey) async {
        do {
            let entry = try await read { reader in
                Schedule.entry(
                    key.record, try await reader.facts(of: key.record), self.rotation, atUnixUs: self.clock())
            }
            guard let entry, entry.action == .rotate, entry.isDue(atUnixUs: clock()) else { return }
            _ = try await rotate(
                key.record.object, called: key.name, superseding: key.record.version,
                context: CallContext(actor: AuditActor(identity: identity)))
        } catch {
            let failure = KeyServiceError(error)
            guard failure.code != .aborted else { return }
            logger.error("a spent key was not rotated", metadata: ["key": "\(key.name)", "error": "\(failure)"])
        }
    }

    /// The field as its next version has it: of another suite where the one before was spent too soon for its own.
    func succeeding(
        _ old: KeyRecord, _ entry: CatalogEntry, writer: StoreWriter, context: CallContext
    ) async throws -> CatalogEntry {
        guard entry.field.protection.suite.hasSealLimit,
            let suite = rotation.seals.suite(after: old, atUnixUs: writer.nowUnixUs)
        else { return entry }
        var moved = entry
        moved.field.protection.suite = suite
        try await writer.write(CatalogPlan(fields: [moved.field]))
        var event = context.event(.applyCatalog, of: "\(entry.name)", version: nil)
        (event.table, event.field, event.cause) = (entry.name.table, entry.name.field, "exhausted")
        event.storeRevision = writer.revision
        writer.events.append(event)
        writer.alerts.append(
            .init(
                .suiteChanged, .warning, object: "\(entry.name)",
                text: """
                    it seals too many values for \(entry.field.protection.suite.name) and moves to \(suite.name); \
                    declare that in the catalog, too
                    """))
        return moved
    }
}

/// The seals that one transaction gives out.
struct Leases {
    private let limits: SealLimits
    private var keys: [KeyVersion: NamedKey]
    private var counts: [KeyVersion: UInt64] = [:]

    /// Reads the active versions and the fields that they are for.
    static func reading(_ items: [LeaseItem]) -> [PostgresQuery] {
        let versions = Set(items.map(\.version))
        let keys = StoreReader.keys(
            "key_type = 'fek' AND is_active AND version = ANY(\(versions.map(\.column)))", limit: versions.count)
        return [keys] + StoreReader.entries(StoreReader.named(items.map(\.field)))
    }

    /// - Parameter rows: the answers to `reading(_:)`.
    init(
        _ items: [LeaseItem], _ limits: SealLimits, _ seen: LeasesSeen, _ reader: StoreReader,
        _ rows: ArraySlice<PostgresRows>
    ) throws {
        let records = try reader.keys(rows[rows.startIndex])
        let names = Dictionary(
            try reader.entries(rows.dropFirst()).map { ($0.field.id, "\($0.name)") },
            uniquingKeysWith: { first, _ in first })
        try self.init(
            limits, seen,
            records.compactMap { record in
                names[record.object.id].map { NamedKey(name: $0, record: record) }
            })
    }

    init(_ limits: SealLimits, _ seen: LeasesSeen, _ active: [NamedKey]) throws {
        self.limits = limits
        keys = [:]
        for key in active {
            try seen.check(key.record)
            keys[key.record.version] = key
        }
    }

    mutating func lease(_ item: LeaseItem) throws(KeyServiceError) -> UInt32 {
        guard var key = keys[item.version], key.name == "\(item.field)" else { throw .notActive }
        guard key.record.countsSeals else { return item.count }
        let count = limits.granted(item.count, of: key.record)
        guard count > 0 else { throw .exhausted }
        key.record.leased += count
        keys[item.version] = key
        counts[item.version, default: 0] += UInt64(count)
        return UInt32(count)
    }

    /// The versions whose count has changed.
    var leased: [(key: NamedKey, count: UInt64)] {
        counts.compactMap { version, count in keys[version].map { ($0, count) } }.sorted { $0.key.name < $1.key.name }
    }
}

/// What this process knows of the counts of versions. A count never falls: a row of an earlier state, whose MAC holds, is
/// noticed when it is used. Each start compares all rows with the store's chain.
final class LeasesSeen: Sendable {
    private static let limit = 65_536
    private let counts = Mutex<[KeyVersion: Int64]>([:])

    func check(_ record: KeyRecord) throws(KeyServiceError) {
        guard record.leased >= counts.withLock({ $0[record.version] ?? 0 }) else {
            throw .damaged("key \(record.identity.row) was brought back to an earlier state")
        }
    }

    func note(_ record: KeyRecord) {
        counts.withLock { counts in
            if counts.count >= Self.limit { counts.removeAll() }
            counts[record.version] = max(counts[record.version] ?? 0, record.leased)
        }
    }
}
