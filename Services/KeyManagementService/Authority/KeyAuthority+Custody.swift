import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

extension KeyAuthority {
    /// A new master key, wrapped under every custodian that holds the active one: before the transaction that stores it.
    ///
    /// - Parameter skipped: custodians that do not answer and are left out on an administrator's word.
    /// - Throws: `MasterKeyError` where any other custodian is not configured here, does not answer or refuses.
    func makeMaster(_ store: ObjectID, skipping skipped: Set<String> = []) async throws -> NewMaster {
        let holders = try await read { try await $0.activeMaster(of: store) }.record.custodians
        return try await KeyMaking.makeMaster(
            store: store, custodians: custodians, under: holders.filter { !skipped.contains($0) }, atUnixUs: clock())
    }
}

extension StoreWriter {
    /// Stores a new version of the master key with its wraps.
    ///
    /// - Throws: `KeyServiceError.conflict` where a custodian was added or removed meanwhile.
    func createMaster(
        _ new: NewMaster, replacing old: KeyRecord, skipping skipped: Set<String> = [], _ context: CallContext
    ) async throws -> KeyRecord {
        guard new.stored.record.custodians == old.custodians.filter({ !skipped.contains($0) }) else {
            throw KeyServiceError.conflict
        }
        let written = try await create(new.stored.record, called: "master", field: nil, context, as: .rotateKey)
        for wrap in new.stored.wraps { try await insert(wrap) }
        return written
    }
}
