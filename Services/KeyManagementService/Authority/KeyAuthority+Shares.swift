import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory

extension KeyAuthority {
    /// Makes a new unseal key, wraps the master key under it, and seals its shares to the administrator who asked.
    ///
    /// The unseal key stays in the store, wrapped under the master key, so that new versions of the master key are
    /// wrapped for the same shares without the people. Shares made before stop opening.
    ///
    /// - Throws: `KeyServiceError.lastCustodian` where nobody else holds the master key: if the answer were lost, so
    ///   would be the key.
    func makeShares(
        _ name: String, threshold: UInt32, count: UInt32, to recipient: GrantRecipient, context: CallContext
    ) async throws -> (set: ShareSet, sealed: [[UInt8]]) {
        guard let custodian = custodians[name] else { throw KeyServiceError.unknownCustodian }
        guard let provider = custodian.provider as? SharesProvider else { throw KeyServiceError.notOfShares }
        guard let threshold = UInt8(exactly: threshold), let count = UInt8(exactly: count),
            let set = ShareSet(id: .random(), threshold: threshold, count: count)
        else { throw KeyServiceError.badThreshold }
        let masters = try await openedMasters()
        guard masters.allSatisfy({ $0.stored.record.custodians != [name] }) else {
            throw KeyServiceError.lastCustodian
        }
        let keys = Dictionary(uniqueKeysWithValues: masters.map { ($0.stored.record.version, $0.key) })
        let made = try await change { writer in
            let active = try await self.activeMaster(writer.reader)
            let unsealKey = try KeyMaking.makeChild(
                of: active, for: KeyObject(kind: .unseal, id: set.id), metadata: KeyRecord.metadata(of: set, for: name),
                atUnixUs: writer.nowUnixUs)
            let key = UnsealKey(set: set, key: SharedSecret(try unsealKey.key.copy()))
            let sealed = try key.split().map { try recipient.seal($0) }
            let wrapping = SharesProvider()
            wrapping.hold(key)
            let holder = Custodian(name: name, provider: wrapping)
            for master in try await writer.reader.masters(of: writer.storeID) {
                guard let masterKey = keys[master.record.version] else { throw KeyServiceError.conflict }
                if let former = master.wrap(of: name) {
                    try await writer.delete(former)
                    try await writer.destroyUnsealKey(of: former)
                } else {
                    try await writer.setCustodians(of: master, to: master.record.custodians + [name])
                }
                try await writer.insert(
                    try await holder.wrap(
                        masterKey.bytes, as: master.record.identity, atUnixUs: writer.nowUnixUs))
            }
            try await writer.create(unsealKey.record, called: name, field: nil, context, as: .makeShares)
            return (key: key, sealed: sealed)
        }.value
        provider.hold(made.key)
        return (set, made.sealed)
    }

    /// Gives the shares custodians of a master key the unseal keys that the store holds for them, under which they wrap.
    func armShares(of master: StoredMaster) async throws {
        for (provider, set) in shareCustodians(of: master) {
            let object = KeyObject(kind: .unseal, id: set.id)
            // None after a compromise of the master key: nothing is wrapped for these shares any more.
            let key: SharedSecret? = try await read { reader in
                guard let record = try await reader.activeKey(object) else { return nil }
                return try await self.open(record, reader: reader)
            }
            provider.hold(key.map { UnsealKey(set: set, key: $0) })
        }
    }

    private func shareCustodians(of master: StoredMaster) -> [(provider: SharesProvider, set: ShareSet)] {
        master.wraps.compactMap { wrap in
            guard let provider = custodians[wrap.custodian]?.provider as? SharesProvider,
                let set = SharesProvider.set(of: wrap.wrapped)
            else { return nil }
            return (provider, set)
        }
    }
}

extension GrantRecipient {
    fileprivate func seal(_ share: Share) throws -> [UInt8] {
        do {
            return try share.sealed(to: publicKey, identity: identity, way: .made)
        } catch let error as CryptoError where error.code == .key {
            throw KeyServiceError.badRecipient
        }
    }
}

extension KeyRecord {
    fileprivate static func metadata(of set: ShareSet, for custodian: String) -> String {
        "{\"custodian\":\"\(custodian)\",\"threshold\":\(set.threshold),\"shares\":\(set.count)}"
    }
}

extension StoreWriter {
    /// Destroys the key behind the shares that a removed wrap was for.
    func destroyUnsealKey(of wrap: MasterKeyWrap) async throws {
        guard let set = SharesProvider.set(of: wrap.wrapped), wrap.provider == SharesProvider.name,
            let record = try await reader.activeKey(KeyObject(kind: .unseal, id: set.id)),
            let destroyed = record.after(.superseded, atUnixUs: nowUnixUs)?
                .after(.windowClosed, atUnixUs: nowUnixUs)?.after(.destroyed, atUnixUs: nowUnixUs)
        else { return }
        _ = try await update(destroyed)
    }
}
