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

    struct Integrity: Sendable {
        var version: KeyVersion
        var key: SharedSecret
    }

    private struct State {
        var master: Master
        /// Versions that a custodian is opening, with those who wait for it.
        var opening: [KeyVersion: [CheckedContinuation<SharedSecret?, Never>]] = [:]
    }

    private enum Role { case done(SharedSecret), opener, waiter }

    let storeID: ObjectID
    let custodians: Custodians
    private let integrityKey: SharedSecret
    let integrityVersion: KeyVersion
    private let state: Mutex<State>

    init(
        storeID: ObjectID, custodians: Custodians, master: Master, integrityKey: SharedSecret,
        integrityVersion: KeyVersion
    ) {
        self.storeID = storeID
        self.custodians = custodians
        self.integrityKey = integrityKey
        self.integrityVersion = integrityVersion
        state = Mutex(State(master: master))
    }

    /// The MAC of the store's rows; one a task.
    func rowMAC() throws(CryptoError) -> RowMAC { try RowMAC(key: integrityKey.bytes) }

    /// Whether `key` is the store-integrity key, in constant time.
    func isIntegrityKey(_ key: borrowing SecretBytes) -> Bool { constantTimeEquals(integrityKey.bytes, key) }

    /// The master key in memory, if it is this version.
    func heldMasterKey(_ version: KeyVersion) -> SharedSecret? {
        state.withLock { $0.master.record.version == version ? $0.master.key : nil }
    }

    /// This keyring with new keys in the place of those given.
    func replacing(master: Master?, integrity: Integrity?) -> Keyring {
        Keyring(
            storeID: storeID, custodians: custodians, master: master ?? state.withLock { $0.master },
            integrityKey: integrity?.key ?? integrityKey, integrityVersion: integrity?.version ?? integrityVersion)
    }

    func replaceMaster(_ master: Master) { state.withLock { $0.master = master } }

    /// The key of a master record that was read and verified. Another version than the one in memory, because another
    /// replica rotated, is opened by a custodian, once for all who ask at the time, and held if it is the active one.
    func masterKey(_ master: StoredMaster) async throws -> SharedSecret {
        while true {
            switch role(master.record.version) {
            case .done(let key): return key
            case .opener: return try await open(master)
            case .waiter:
                let key = await withCheckedContinuation { wait(for: master.record.version, $0) }
                if let key { return key }
                // Whoever was opening failed: perhaps only because its own call was cancelled.
                try Task.checkCancellation()
            }
        }
    }

    private func role(_ version: KeyVersion) -> Role {
        state.withLock { state in
            if state.master.record.version == version { return .done(state.master.key) }
            if state.opening[version] != nil { return .waiter }
            state.opening[version] = []
            return .opener
        }
    }

    private func wait(for version: KeyVersion, _ continuation: CheckedContinuation<SharedSecret?, Never>) {
        let isWaiting = state.withLock { state in
            guard state.opening[version] != nil else { return false }
            state.opening[version]?.append(continuation)
            return true
        }
        if !isWaiting { continuation.resume(returning: heldMasterKey(version)) }
    }

    private func open(_ master: StoredMaster) async throws -> SharedSecret {
        var key: SharedSecret?
        let record = master.record
        defer {
            let waiters = state.withLock { state in
                if let key, record.isActive { state.master = Master(record: record, key: key) }
                return state.opening.removeValue(forKey: record.version) ?? []
            }
            for waiter in waiters { waiter.resume(returning: key) }
        }
        let opened = try await custodians.open(master).key
        key = opened
        return opened
    }
}
