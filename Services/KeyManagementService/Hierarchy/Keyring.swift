import FieldsealCrypto
import FieldsealSecureMemory
import Synchronization

/// What an unsealed service holds in the clear: the master key in use, and the key that authenticates the store's rows.
/// All other keys are opened when they are needed and wiped at once.
final class Keyring: Sendable {
    struct Master: Sendable {
        var record: KeyRecord
        var key: SharedSecret
    }

    let storeID: ObjectID
    let provider: any MasterKeyProvider
    private let integrityKey: SharedSecret
    private let master: Mutex<Master>

    init(storeID: ObjectID, provider: any MasterKeyProvider, master: Master, integrityKey: SharedSecret) {
        self.storeID = storeID
        self.provider = provider
        self.integrityKey = integrityKey
        self.master = Mutex(master)
    }

    /// The MAC of the store's rows; one a task.
    func rowMAC() throws(CryptoError) -> RowMAC { try RowMAC(key: integrityKey.bytes) }

    /// The key of a master record that was read and verified. Another version than the one in memory, because another
    /// replica rotated, is opened by the provider and kept instead if it is the active one.
    func masterKey(_ record: KeyRecord) async throws -> SharedSecret {
        let held = master.withLock { $0 }
        if held.record.version == record.version { return held.key }
        let key = SharedSecret(try await provider.open(record))
        if record.isActive { replaceMaster(Master(record: record, key: key)) }
        return key
    }

    /// The master key in memory, if it is this version.
    func heldMasterKey(_ version: KeyVersion) -> SharedSecret? {
        master.withLock { $0.record.version == version ? $0.key : nil }
    }

    func replaceMaster(_ master: Master) { self.master.withLock { $0 = master } }
}

extension MasterKeyProvider {
    /// Opens a master key and checks that it is the one that was stored.
    func open(_ record: KeyRecord) async throws -> SecretBytes {
        guard record.identity.kind == .master, record.algorithm == algorithm else {
            throw MasterKeyError(code: .malformed, description: "the master key is not wrapped by provider \(name)")
        }
        let key = try await unwrap(record.encryptedKey, as: record.identity)
        guard try KeyDerivation.isCheckValue(record.keyHash, of: key, as: record.identity) else {
            throw KeyServiceError.damaged("the check value of the master key does not hold")
        }
        return key
    }
}
