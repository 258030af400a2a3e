import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory
import Synchronization
import Testing

@testable import KeyManagementService

@Suite struct KeyringTests {
    @Test func aRotatedMasterKeyIsOpenedOnceForAll() async throws {
        let provider = try CountingProvider()
        let keyring = try await keyring(provider)
        let next = try await makeMaster(keyring.storeID, provider)
        let wrapped = provider.unwraps
        let keys = try await withThrowingTaskGroup(of: SharedSecret.self) { group in
            for _ in 0..<100 { group.addTask { try await keyring.masterKey(next.stored) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(keys.count == 100)
        for key in keys {
            let isSame = constantTimeEquals(key.bytes, next.key.bytes)
            #expect(isSame)
        }
        #expect(provider.unwraps == wrapped + 1)
        #expect(keyring.heldMasterKey(next.stored.record.version) != nil)
    }

    @Test func aFailureIsToldToAllAndNotKept() async throws {
        let provider = try CountingProvider()
        let keyring = try await keyring(provider)
        let next = try await makeMaster(keyring.storeID, provider)
        var altered = next.stored
        altered.wraps[0].wrapped[30] ^= 1
        let damaged = altered
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { (try? await keyring.masterKey(damaged)) == nil } }
            for await failed in group { #expect(failed) }
        }
        let opened = try await keyring.masterKey(next.stored)
        let isSame = constantTimeEquals(opened.bytes, next.key.bytes)
        #expect(isSame)
    }

    private func makeMaster(_ store: ObjectID, _ provider: CountingProvider) async throws -> NewMaster {
        try await KeyMaking.makeMaster(
            store: store, custodians: Custodians(provider), under: [provider.name], atUnixUs: 0)
    }

    private func keyring(_ provider: CountingProvider) async throws -> Keyring {
        let store = ObjectID.random()
        let master = try await makeMaster(store, provider)
        return Keyring(
            storeID: store, custodians: Custodians(provider),
            master: .init(record: master.stored.record, key: master.key),
            integrityKey: SharedSecret(try SecretBytes.random(count: 32)), integrityVersion: .random())
    }
}

/// Gives others the time to ask while a key is being opened.
private final class CountingProvider: MasterKeyProvider {
    private let memory: MemoryProvider
    private let count = Mutex(0)

    init() throws { memory = try MemoryProvider() }

    var name: String { memory.name }
    var algorithm: String { memory.algorithm }
    var unwraps: Int { count.withLock { $0 } }

    func wrap(_ key: borrowing SecretBytes, as identity: KeyIdentity) async throws -> [UInt8] {
        try await memory.wrap(key, as: identity)
    }

    func unwrap(_ wrapped: [UInt8], as identity: KeyIdentity) async throws -> SecretBytes {
        count.withLock { $0 += 1 }
        for _ in 0..<1_000 { await Task.yield() }
        return try await memory.unwrap(wrapped, as: identity)
    }
}
