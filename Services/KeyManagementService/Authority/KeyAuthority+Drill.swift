import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import FieldsealRPC
import FieldsealSecureMemory

/// What a recovery drill of one custodian found: `passed`, or what failed.
enum DrillOutcome: String, Sendable {
    case passed
    /// The custodian has no usable credential.
    case credential
    case denied
    case unknownKey = "unknown-key"
    case refused
    case malformed
    case unavailable
    /// It gave another key than the one in use.
    case wrongKey = "wrong-key"
    /// The key it gave does not open what stands under the master key.
    case canary
    /// No replica that could drill it has it configured.
    case notConfigured = "not-configured"
    case failed

    init(_ error: any Error) {
        guard let error = error as? MasterKeyError else {
            self = (error as? KeyServiceError)?.code == .dataLoss ? .wrongKey : .failed
            return
        }
        switch error.code {
        case .credential: self = .credential
        case .denied: self = .denied
        case .unknownKey: self = .unknownKey
        case .refused: self = .refused
        case .malformed: self = .malformed
        case .unavailable: self = .unavailable
        }
    }
}

extension KeyAuthority {
    /// Opens the active master key through each of the named custodians, or of all that hold it, compares it with the one
    /// in use, and opens what stands under it. What was found stands in the wraps' rows, in the audit trail, and, where it
    /// is a failure, in an alert.
    ///
    /// A custodian of shares is drilled with the unseal key that the store holds: it proves the wrap, not that people
    /// still have their shares.
    @discardableResult
    func drill(_ names: [String]? = nil, context: CallContext) async throws -> [String: DrillOutcome] {
        let keyring = try unsealed()
        let master = try await read { try await $0.activeMaster(of: keyring.storeID) }
        let names = names ?? master.record.custodians
        guard names.allSatisfy(master.record.custodians.contains) else { throw KeyServiceError.unknownCustodian }
        try await armShares(of: master)
        var outcomes: [String: DrillOutcome] = [:]
        for name in names { outcomes[name] = try await drill(name, master, keyring) }
        _ = try await change { [outcomes] writer in
            let present = try await writer.reader.activeMaster(of: keyring.storeID)
            for (name, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
                guard var wrap = present.wrap(of: name), wrap.id == master.wrap(of: name)?.id else {
                    throw KeyServiceError.conflict
                }
                wrap.drill = .init(unixUs: writer.nowUnixUs, outcome: outcome.rawValue)
                try await writer.update(wrap)
                writer.noteDrill(of: name, outcome, version: present.record.version, context)
            }
        }
        return outcomes
    }

    private func drill(_ name: String, _ master: StoredMaster, _ keyring: Keyring) async throws -> DrillOutcome {
        guard let custodian = custodians[name], let wrap = master.wrap(of: name) else { return .notConfigured }
        let key: SharedSecret
        do {
            key = try await custodian.open(wrap, of: master.record)
        } catch {
            try Task.checkCancellation()
            logger.error(
                "recovery drill failed", metadata: ["custodian": "\(name)", "error": "\(KeyServiceError(error))"])
            return DrillOutcome(error)
        }
        guard constantTimeEquals(key.bytes, try await keyring.masterKey(master).bytes) else { return .wrongKey }
        return try await opensCanary(key, keyring) ? .passed : .canary
    }

    /// Whether a master key opens the store-integrity key, which must be the one in use, and one way down from it: a
    /// table's key and a field's below it, where there are any.
    private func opensCanary(_ key: SharedSecret, _ keyring: Keyring) async throws -> Bool {
        try await read { reader in
            let object = KeyObject(kind: .storeIntegrity, id: keyring.storeID)
            guard let integrity = try await reader.activeKey(object) else { return false }
            do {
                guard keyring.isIntegrityKey(try KeyMaking.open(integrity, under: key.bytes)) else { return false }
                let tables = "key_type = 'dek' AND is_active ORDER BY id" as PostgresQuery
                guard let table = try await reader.keys(tables, limit: 1).first else { return true }
                let tableKey = try KeyMaking.open(table, under: key.bytes)
                let fields: PostgresQuery = """
                    key_type = 'fek' AND is_active AND parent_version = \(table.version.column) ORDER BY id
                    """
                guard let field = try await reader.keys(fields, limit: 1).first else { return true }
                _ = try KeyMaking.open(field, under: tableKey)
                return true
            } catch let error as KeyServiceError where error.code == .dataLoss {
                return false
            }
        }
    }
}

extension StoreWriter {
    fileprivate func noteDrill(
        of custodian: String, _ outcome: DrillOutcome, version: KeyVersion, _ context: CallContext
    ) {
        var event = context.event(.recoveryDrill, of: custodian, version: version)
        event.storeRevision = revision
        if outcome != .passed {
            event.outcome = RPCCode.failedPrecondition.rawValue
            event.cause = AuditCause(outcome.rawValue) ?? "failed"
            alerts.append(
                Alert(
                    .drillFailed, .critical, object: custodian,
                    text: "the recovery drill of custodian \(custodian) failed: \(outcome.rawValue)"))
        }
        events.append(event)
    }
}
