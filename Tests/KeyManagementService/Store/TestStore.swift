import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealSecureMemory
import Glibc
import Logging
import Testing

@testable import KeyManagementService

/// A key store in a database of one test's own, on the server that FIELDSEAL_TEST_POSTGRES names.
struct TestStore {
    static let conninfo = getenv("FIELDSEAL_TEST_POSTGRES").map { String(cString: $0) }
    static var isConfigured: Bool { conninfo != nil }
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let database: String
    let provider: any MasterKeyProvider

    /// Runs `body` with a migrated, empty database, which is dropped afterwards.
    static func with(
        provider: (any MasterKeyProvider)? = nil, _ body: (TestStore) async throws -> Void
    ) async throws {
        let server = try #require(conninfo)
        try await DatabaseTurns.shared.take { try await with(databaseOn: server, provider: provider, body) }
    }

    static func with(
        databaseOn server: String, provider: (any MasterKeyProvider)? = nil, _ body: (TestStore) async throws -> Void
    ) async throws {
        let name = "kms_\(UInt64.random(in: 0 ... .max))"
        let administration = try PostgresPool(.init(conninfo: server, maximumConnections: 1), logger: logger)
        try await administration.query("CREATE DATABASE \(identifier: name)")
        let store = TestStore(database: "\(server) dbname=\(name)", provider: try provider ?? MemoryProvider())
        let outcome: Result<Void, any Error>
        do {
            let pool = try store.pool()
            try await Outbox.migrations.apply(to: pool, logger: logger)
            try await AlertQueue.migrations.apply(to: pool, logger: logger)
            try await KeyStoreSchema.migrations.apply(to: pool, logger: logger)
            await pool.close()
            outcome = .success(try await body(store))
        } catch {
            outcome = .failure(error)
        }
        try await administration.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administration.close()
        try outcome.get()
    }

    func pool(connections: Int = 4) throws -> PostgresPool {
        try PostgresPool(
            .init(conninfo: database, maximumConnections: connections, acquireTimeout: .seconds(60)),
            logger: Self.logger)
    }

    /// A replica: pool, keyring and all are its own.
    func sealedReplica(
        provider: (any MasterKeyProvider)? = nil, custodians: Custodians? = nil,
        history: (any AuditHistory)? = nil, revisionCheck: RevisionCheck = .required,
        rotation: RotationPolicy = RotationPolicy(), clock: @escaping @Sendable () -> Int64 = UnixClock.microseconds
    ) throws -> KeyAuthority {
        KeyAuthority(
            pool: try pool(), custodians: custodians ?? Custodians(provider ?? self.provider),
            identity: "spiffe://fieldseal.local/service/key-management", logger: Self.logger, history: history,
            revisionCheck: revisionCheck, rotation: rotation, clock: clock)
    }

    func replica(custodians: Custodians? = nil, history: (any AuditHistory)? = nil) async throws -> KeyAuthority {
        let authority = try sealedReplica(custodians: custodians, history: history)
        try await authority.unseal()
        return authority
    }
}

/// Wraps under a key of this process, at no cost.
final class MemoryProvider: MasterKeyProvider {
    private let key: SharedSecret

    init() throws { key = SharedSecret(try SecretBytes.random(count: 32)) }

    let name = "memory"
    let algorithm = "memory"
    let keyName: String? = "in memory"

    func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try KeyWrapping(under: self.key.bytes).wrap(key, as: identity)
    }

    func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        do {
            return try KeyWrapping(under: key.bytes).unwrap(wrapped, as: identity)
        } catch {
            throw MasterKeyError(code: .refused, description: "not wrapped here")
        }
    }
}

extension Custodians {
    /// One, called by its provider's name.
    init(_ provider: any MasterKeyProvider) {
        self.init([Custodian(name: provider.name, provider: provider)])
    }
}

extension CallContext {
    static let test = CallContext(actor: AuditActor(identity: "spiffe://fieldseal.local/operator/admin"))
}

extension FieldName {
    static let email = FieldName(table: "users", field: "email")
    static let note = FieldName(table: "users", field: "note")
}

/// An encryption service's process, as far as grants are concerned.
struct Recipient {
    static let identity = "spiffe://fieldseal.local/service/encryption"
    let pair: KeyAgreementKeyPair

    init() throws { pair = try KeyAgreementKeyPair() }

    var grantRecipient: GrantRecipient { GrantRecipient(publicKey: pair.publicKey, identity: Self.identity) }

    /// The field's key in the clear, for comparing.
    func open(_ grant: FieldGrant) throws -> [UInt8] {
        let key = try pair.open(
            grant.sealedKey, identity: Self.identity,
            context: KeyAgreement.context(.fek, object: grant.entry.field.id, version: grant.record.version))
        return key.withUnsafeBytes { Array($0) }
    }

    func openIndexKeys(_ grant: FieldGrant) throws -> [[UInt8]] {
        try grant.indexKeys.map { index, sealed in
            let key = try pair.open(
                sealed, identity: Self.identity,
                context: KeyAgreement.context(.index, object: index.id, version: nil))
            return key.withUnsafeBytes { Array($0) }
        }
    }
}

extension KeyAuthority {
    func grant(_ field: FieldName, version: KeyVersion? = nil, to recipient: Recipient) async throws -> FieldGrant {
        try await grant(field, version: version, to: recipient.grantRecipient, context: .test)
    }

    func activeVersions(_ kind: KeyKind) async throws -> [KeyRecord] {
        try await read { try await $0.keys("key_type = \(kind.name) AND is_active", limit: 1_000) }
    }
}

/// The error that `body` throws, as the service answers it.
func failure(_ body: () async throws -> Void) async -> KeyServiceError? {
    do {
        try await body()
        return nil
    } catch {
        return KeyServiceError(error)
    }
}
