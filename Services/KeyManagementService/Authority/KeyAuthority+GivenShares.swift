import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres

/// What a sealed service waits for.
struct UnsealProgress: Sendable {
    /// Of shares that would open the master key; nil where none would, or once it is open.
    var set: ShareSet?
    /// Shares of the set that wait.
    var given = 0
    /// The custodian whose shares they are.
    var custodian = ""
}

extension KeyAuthority {
    /// A custodian of shares that holds the active master key.
    private struct Holder {
        let custodian: Custodian
        let provider: SharesProvider
        let set: ShareSet
        let master: StoredMaster
    }

    func unsealProgress() async throws -> UnsealProgress {
        guard isSealed, let holder = try await shareHolders().first else { return UnsealProgress() }
        let waiting = shareDesk.waiting(nowUnixUs: clock())
        return UnsealProgress(
            set: waiting.set ?? holder.set, given: waiting.count, custodian: holder.custodian.name)
    }

    /// Takes one share of a sealed service. With the last that is needed, the shares are put together and open the
    /// service; where they do not fit, all of them are forgotten.
    func give(_ share: Share) async throws -> UnsealProgress {
        guard let holder = try await shareHolders().first(where: { $0.set == share.set }),
            let wrap = holder.master.wrap(of: holder.custodian.name)
        else { throw KeyServiceError.foreignShare }
        guard let shares = shareDesk.add(share, nowUnixUs: clock()) else {
            return UnsealProgress(
                set: share.set, given: shareDesk.waiting(nowUnixUs: clock()).count, custodian: holder.custodian.name)
        }
        holder.provider.hold(try UnsealKey(combining: shares))
        do {
            _ = try await holder.custodian.open(wrap, of: holder.master.record)
        } catch {
            holder.provider.hold(nil)
            throw (error as? MasterKeyError)?.code == .refused ? ShareError.wrongCombination : error
        }
        try await unseal()
        return UnsealProgress(custodian: holder.custodian.name)
    }

    /// Read before the rows can be verified: a lie here lets no share open anything else than the master key.
    private func shareHolders() async throws -> [Holder] {
        let master = try await pool.withTransaction(.repeatableRead) { try await BareStore($0)?.master }
        guard let master else { return [] }
        return custodians.list.compactMap { custodian in
            guard let provider = custodian.provider as? SharesProvider, let wrap = master.wrap(of: custodian.name),
                let set = SharesProvider.set(of: wrap.wrapped)
            else { return nil }
            return Holder(custodian: custodian, provider: provider, set: set, master: master)
        }
    }
}
