import FieldsealCrypto
import FieldsealSecureMemory

/// A key in the clear beside its row, for as long as it is worked with.
struct OpenKey: ~Copyable {
    let record: KeyRecord
    let key: SecretBytes

    init(record: KeyRecord, key: consuming SecretBytes) {
        self.record = record
        self.key = key
    }
}

/// A master key that is wrapped and not yet stored.
struct NewMaster: Sendable {
    var stored: StoredMaster
    let key: SharedSecret
    /// Holders of the version before that were left out on an administrator's word.
    var leftOut: Set<String> = []

    func opened() throws -> OpenKey { OpenKey(record: stored.record, key: try key.bytes.copy()) }
}

/// How stored keys come to be and are opened again.
enum KeyMaking {
    /// What stands beside keys wrapped under a parent.
    static let wrapAlgorithm = CipherSuite.xaes256GCMCommitting.name

    /// A new version of `object`, derived from `parent` and wrapped under it; active.
    ///
    /// - Parameter rotationCount: how many versions the key had before.
    static func makeChild(
        of parent: borrowing OpenKey, for object: KeyObject, protection: FieldProtection? = nil,
        rotationCount: Int32 = 0, metadata: String = "{}", atUnixUs now: Int64
    ) throws -> OpenKey {
        precondition(object.kind.parent == parent.record.object.kind)
        let version = KeyVersion.random()
        let identity = KeyIdentity(
            kind: object.kind, row: .random(), object: object.id, version: version,
            parent: .init(object: parent.record.object.id, version: parent.record.version))
        let key = try KeyDerivation.makeChild(of: parent.key, kind: object.kind, object: object.id, version: version)
        let record = KeyRecord(
            identity: identity, encryptedKey: try KeyWrapping(under: parent.key).wrap(key, as: identity),
            keyHash: try KeyDerivation.checkValue(of: key, as: identity), algorithm: wrapAlgorithm, createdUnixUs: now,
            expiresUnixUs: expiry(object.kind, protection, from: now), state: .active, stateUnixUs: now,
            rotationCount: rotationCount, metadata: metadata, protection: protection, revision: 0)
        return OpenKey(record: record, key: key)
    }

    /// A new master key, wrapped under each of `names`; active. Its `rotationCount` is still to be set where it is not
    /// the first version. Asks the custodians: done before a transaction, never inside.
    static func makeMaster(
        store: ObjectID, custodians: Custodians, under names: [String], atUnixUs now: Int64
    ) async throws -> NewMaster {
        let identity = KeyIdentity(kind: .master, row: .random(), object: store, version: .random(), parent: nil)
        let key = try SecretBytes.random(count: KeyDerivation.keyCount)
        let wraps = try await custodians.wrap(key, as: identity, under: names, atUnixUs: now)
        let record = KeyRecord(
            identity: identity, encryptedKey: [], keyHash: try KeyDerivation.checkValue(of: key, as: identity),
            algorithm: StoredMaster.algorithm, createdUnixUs: now, expiresUnixUs: expiry(.master, nil, from: now),
            state: .active, stateUnixUs: now, rotationCount: 0, metadata: KeyRecord.metadata(custodians: names),
            revision: 0)
        return NewMaster(stored: try StoredMaster(record, wraps: wraps), key: SharedSecret(key))
    }

    /// Opens a stored key under its parent.
    ///
    /// - Throws: `KeyServiceError.damaged` where the wrap does not open or holds another key.
    static func open(_ record: KeyRecord, under parent: borrowing SecretBytes) throws -> SecretBytes {
        guard record.algorithm == wrapAlgorithm else {
            throw KeyServiceError.damaged("key \(record.identity.row) has an unknown algorithm")
        }
        let key = try unwrap(record, under: parent)
        guard try KeyDerivation.isCheckValue(record.keyHash, of: key, as: record.identity) else {
            throw KeyServiceError.damaged("the check value of key \(record.identity.row) does not hold")
        }
        return key
    }

    private static func unwrap(_ record: KeyRecord, under parent: borrowing SecretBytes) throws -> SecretBytes {
        do {
            return try KeyWrapping(under: parent).unwrap(record.encryptedKey, as: record.identity)
        } catch {
            guard error.isRejection else { throw error }
            throw KeyServiceError.damaged("the wrap of key \(record.identity.row) does not open")
        }
    }

    /// Deterministic values are searched by equality, which a rotation ends: their keys have no date.
    private static func expiry(_ kind: KeyKind, _ protection: FieldProtection?, from now: Int64) -> Int64? {
        guard let days = kind.lifetimeDays, protection?.suite.isDeterministic != true else { return nil }
        return now + days * 86_400_000_000
    }
}
