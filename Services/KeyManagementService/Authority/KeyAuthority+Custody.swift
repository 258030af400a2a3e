import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory

/// A custodian as an administrator sees it.
struct CustodianState: Sendable {
    var name: String
    /// Nil where this replica does not have it.
    var configured: Custodian?
    /// Nil where the active master key is not wrapped under it.
    var wrap: MasterKeyWrap?
    /// Whether it holds older versions, and not the active one.
    var isMissing = false
}

extension KeyAuthority {
    /// The active master key and its custodians: the configured ones in their order, then those that hold it and are
    /// configured on other replicas only.
    func showMaster() async throws -> (master: StoredMaster, custodians: [CustodianState]) {
        let storeID = try unsealed().storeID
        let (master, holders) = try await read { reader in
            let holders = try await reader.masters(of: storeID).flatMap { $0.record.custodians }
            return (try await reader.activeMaster(of: storeID), Set(holders))
        }
        let names = custodians.list.map(\.name) + holders.filter { custodians[$0] == nil }.sorted()
        let states = names.map { name in
            let wrap = master.wrap(of: name)
            return CustodianState(
                name: name, configured: custodians[name], wrap: wrap, isMissing: wrap == nil && holders.contains(name))
        }
        return (master, states)
    }

    /// A new master key, wrapped under every custodian that holds the active one: before the transaction that stores it.
    ///
    /// - Parameters:
    ///   - leftOut: custodians that do not answer and are left out on an administrator's word.
    ///   - withShares: false after a compromise, which took the unseal keys, too.
    /// - Throws: `KeyServiceError.unknownCustodian`, `lastCustodian`; `custodianAway` where any other custodian is not
    ///   configured here, does not answer or refuses.
    func makeMaster(
        _ store: ObjectID, _ access: StoreAccess = .served, without leftOut: Set<String> = [], withShares: Bool = true
    ) async throws -> NewMaster {
        let active = try await read(access) { try await $0.activeMaster(of: store) }
        guard leftOut.isSubset(of: active.record.custodians) else { throw KeyServiceError.unknownCustodian }
        let holders = active.holders(withShares: withShares).filter { !leftOut.contains($0) }
        guard !holders.isEmpty else { throw KeyServiceError.lastCustodian }
        if withShares { try await armShares(of: active) }
        var made = try await KeyMaking.makeMaster(
            store: store, custodians: custodians, under: holders, atUnixUs: clock())
        made.leftOut = leftOut
        return made
    }

    /// Wraps every version of the master key that still has its key under a configured custodian, which holds it from
    /// then on. Each wrap is opened again before it is stored.
    ///
    /// - Parameter isDryRun: wraps and opens, and stores nothing.
    func addCustodian(_ name: String, isDryRun: Bool, context: CallContext) async throws {
        guard let custodian = custodians[name] else { throw KeyServiceError.unknownCustodian }
        guard !(custodian.provider is SharesProvider) else { throw KeyServiceError.sharesAreMade }
        let masters = try await openedMasters()
        // It may have been left out of some.
        let wanted = masters.filter { $0.stored.wrap(of: name) == nil }
        guard !wanted.isEmpty else { throw KeyServiceError.holdsAlready }
        var wraps: [KeyVersion: MasterKeyWrap] = [:]
        for master in wanted {
            wraps[master.stored.record.version] = try await custodian.wrap(
                master.key.bytes, as: master.stored.record.identity, atUnixUs: clock())
        }
        guard !isDryRun else { return }
        _ = try await change { [wraps] writer in
            for master in try await writer.reader.masters(of: writer.storeID) {
                let wrap = wraps[master.record.version]
                // A version, or a custodian, that came or went meanwhile.
                guard (wrap == nil) == (master.wrap(of: name) != nil) else { throw KeyServiceError.conflict }
                guard let wrap else { continue }
                try await writer.insert(wrap)
                try await writer.setCustodians(of: master, to: master.record.custodians + [name])
            }
            writer.events.append(writer.custodyEvent(.addCustodian, name, context))
        }
    }

    /// Takes the master key's wraps away from a custodian, configured here or not.
    ///
    /// - Throws: `KeyServiceError.lastCustodian`; `remainingFail` unless one of the others opens every version right now.
    func removeCustodian(_ name: String, isDryRun: Bool, context: CallContext) async throws {
        let storeID = try unsealed().storeID
        let masters = try await openedMasters()
        guard masters.contains(where: { $0.stored.wrap(of: name) != nil }) else {
            throw KeyServiceError.unknownCustodian
        }
        let remaining = Custodians(custodians.list.filter { $0.name != name })
        for master in masters {
            guard master.stored.record.custodians != [name] else { throw KeyServiceError.lastCustodian }
            try await armShares(of: master.stored)
            guard let opened = try? await remaining.open(master.stored),
                constantTimeEquals(opened.key.bytes, master.key.bytes)
            else { throw KeyServiceError.remainingFail }
        }
        guard !isDryRun else { return }
        _ = try await change { writer in
            let present = try await writer.reader.masters(of: storeID)
            for master in present {
                guard let wrap = master.wrap(of: name) else { continue }
                guard master.record.custodians != [name] else { throw KeyServiceError.lastCustodian }
                try await writer.delete(wrap)
                try await writer.setCustodians(of: master, to: master.record.custodians.filter { $0 != name })
                try await writer.destroyUnsealKey(of: wrap)
            }
            writer.events.append(writer.custodyEvent(.removeCustodian, name, context))
        }
        if let shares = custodians[name]?.provider as? SharesProvider { shares.hold(nil) }
    }

    /// Every version of the master key that still has its key, opened.
    func openedMasters() async throws -> [(stored: StoredMaster, key: SharedSecret)] {
        let keyring = try unsealed()
        let masters = try await read { try await $0.masters(of: keyring.storeID) }
        var opened: [(StoredMaster, SharedSecret)] = []
        for master in masters {
            opened.append((master, try await keyring.masterKey(master)))
        }
        return opened
    }
}

extension StoreWriter {
    /// Stores a new version of the master key with its wraps.
    ///
    /// - Throws: `KeyServiceError.conflict` where a custodian was added or removed meanwhile.
    func createMaster(_ new: NewMaster, replacing old: KeyRecord, _ context: CallContext) async throws -> KeyRecord {
        guard new.stored.record.custodians == old.custodians.filter({ !new.leftOut.contains($0) }) else {
            throw KeyServiceError.conflict
        }
        let written = try await create(new.stored.record, called: "master", field: nil, context, as: .rotateKey)
        for wrap in new.stored.wraps { try await insert(wrap) }
        tellLeftOut(of: new, context)
        return written
    }

    /// Tells of each custodian that a new master key is not wrapped under.
    func tellLeftOut(of new: NewMaster, _ context: CallContext) {
        for name in new.leftOut.sorted() {
            var event = custodyEvent(.removeCustodian, name, context)
            event.keyVersion = new.stored.record.version.rawValue
            event.cause = "left-out"
            events.append(event)
            alerts.append(
                Alert(
                    .custodianLeftOut, .critical, object: name,
                    text: """
                        The new version of the master key is not wrapped under custodian \(name), on the word of \
                        \(context.actor.identity). When it is back: fieldseal master add \(name).
                        """))
        }
    }

    /// Names the custodians of a master key in its row.
    func setCustodians(of master: StoredMaster, to names: [String]) async throws {
        var record = master.record
        record.metadata = KeyRecord.metadata(custodians: names)
        _ = try await update(record)
    }

    func custodyEvent(_ operation: AuditOperation, _ custodian: String, _ context: CallContext) -> AuditEvent {
        var event = context.event(operation, of: custodian, version: nil)
        event.storeRevision = revision
        return event
    }
}
