import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// A store with the field `users.note`, whose seals are counted.
final class LeaseScene: Sendable {
    let store: TestStore
    let replica: KeyAuthority
    let clock = TestTime()
    private let policy: RotationPolicy

    init(
        _ store: TestStore, _ limits: SealLimits = SealLimits(), isPaused: Bool = false,
        history: (any AuditHistory)? = nil
    ) async throws {
        var policy = RotationPolicy(isPaused: isPaused)
        policy.seals = limits
        let clock = clock
        (self.store, self.policy) = (store, policy)
        replica = try store.sealedReplica(history: history, rotation: policy, clock: { clock.now })
        try await replica.unseal()
        let declaration = Sample.declaration { table in
            for index in table.fields.indices { table.fields[index].suite = .aes256GCM }
        }
        _ = try await replica.applyCatalog(declaration, context: .test)
        _ = try await replica.ensureKeys(of: .note, context: .test)
    }

    func anotherReplica(_ history: (any AuditHistory)? = nil) async throws -> KeyAuthority {
        let replica = try store.sealedReplica(history: history, rotation: policy, clock: { [clock] in clock.now })
        try await replica.unseal()
        return replica
    }

    /// The active version.
    func version() async throws -> KeyVersion {
        let entry = try #require(try await replica.read { try await $0.field(.note) })
        return try #require(try await replica.read { try await $0.activeKey(entry.key) }).version
    }

    func record(_ version: KeyVersion) async throws -> KeyRecord {
        try #require(try await replica.read { try await $0.key("version = \(version.column)") })
    }

    /// Leases under a version, or the active one.
    func lease(
        _ count: UInt32, of version: KeyVersion? = nil, on replica: KeyAuthority? = nil
    ) async throws -> UInt32 {
        let wanted: KeyVersion
        if let version { wanted = version } else { wanted = try await self.version() }
        let item = LeaseItem(field: .note, version: wanted, count: count)
        return try await (replica ?? self.replica).lease([item], context: .test)[0].get()
    }

    /// 0 where nothing is left.
    func leaseOrNone(_ count: UInt32, on replica: KeyAuthority) async throws -> UInt32 {
        do {
            return try await lease(count, on: replica)
        } catch let error as KeyServiceError where error == .exhausted {
            return 0
        }
    }

    func rotate() async throws -> KeyRecord {
        let object = try #require(try await replica.keyObject(named: "users.note"))
        return try await replica.rotate(object, called: "users.note", context: .test)
    }

    /// Takes what is in the outbox.
    func events() async throws -> [Proto.Event] {
        try await replica.pool.query(
            "WITH gone AS (DELETE FROM audit_outbox RETURNING position, event) SELECT event FROM gone ORDER BY position"
        ).map { try Proto.Event(decoding: try $0.value("event", as: [UInt8].self)) }
    }

    /// Severity and object of each alert, sorted.
    func alerts(_ kind: String = "budget-near-limit") async throws -> [String] {
        try await replica.pool.query("SELECT severity, object FROM alerts WHERE kind = \(kind)").map {
            "\(try $0.value("severity", as: String.self)) \(try $0.value("object", as: String.self))"
        }.sorted()
    }
}
