import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory

/// A custodian that did not open the master key, and why.
struct CustodianFailure: Sendable {
    let custodian: String
    let error: any Error

    /// Whether it did not answer, as against answering no.
    var isUnavailable: Bool { (error as? MasterKeyError)?.code == .unavailable }

    var description: String { (error as? MasterKeyError)?.description ?? KeyServiceError(error).description }
}

/// A master key that a custodian opened.
struct OpenedMaster: Sendable {
    let key: SharedSecret
    /// Who opened it.
    let custodian: String
    /// Those asked before, or at the same time, that had failed by then.
    let failures: [CustodianFailure]
}

extension Custodians {
    private enum Step: Sendable {
        case opened(SharedSecret, by: String)
        case failed(CustodianFailure)
        case headStartPassed(of: Int)
    }

    /// Opens a master key through any of its custodians: one after the other in the configured order, and the next
    /// besides where one is slow.
    ///
    /// - Throws: where all fail, what each of them said.
    func open(_ master: StoredMaster) async throws -> OpenedMaster {
        let candidates = candidates(for: master)
        return try await withThrowingTaskGroup(of: Step.self) { group in
            var asked = 0
            var failures: [CustodianFailure] = []
            func askNext() {
                guard asked < candidates.count else { return }
                let (custodian, wrap) = candidates[asked]
                asked += 1
                let (number, headStart) = (asked, headStart)
                group.addTask {
                    do {
                        return .opened(try await custodian.open(wrap, of: master.record), by: custodian.name)
                    } catch {
                        return .failed(CustodianFailure(custodian: custodian.name, error: error))
                    }
                }
                guard asked < candidates.count else { return }
                group.addTask {
                    try? await Task.sleep(for: headStart)
                    return .headStartPassed(of: number)
                }
            }
            defer { group.cancelAll() }
            askNext()
            while failures.count < candidates.count, let step = try await group.next() {
                switch step {
                case .opened(let key, let name): return OpenedMaster(key: key, custodian: name, failures: failures)
                case .failed(let failure):
                    failures.append(failure)
                    try Task.checkCancellation()
                    if failures.count == asked { askNext() }
                case .headStartPassed(let number):
                    if number == asked { askNext() }
                }
            }
            throw Self.error(for: failures, of: master)
        }
    }

    /// The configured custodians that hold a wrap, in their order. The wrap of a store that had one custodian stands in
    /// the row, and is of any that has its provider.
    private func candidates(for master: StoredMaster) -> [(custodian: Custodian, wrap: MasterKeyWrap)] {
        if master.record.isWrappedInPlace {
            return list.filter { $0.provider.algorithm == master.record.algorithm }
                .map { ($0, master.record.wrapInPlace(of: $0)) }
        }
        return list.compactMap { custodian in master.wrap(of: custodian.name).map { (custodian, $0) } }
    }

    private static func error(for failures: [CustodianFailure], of master: StoredMaster) -> any Error {
        if failures.count == 1 { return failures[0].error }
        guard !failures.isEmpty else {
            let holders = master.record.custodians.joined(separator: ", ")
            return MasterKeyError(
                code: .credential,
                description: "no configured custodian holds the master key"
                    + (holders.isEmpty ? "; it is wrapped by another provider" : "; those that do: \(holders)"))
        }
        let causes = failures.map { "\($0.custodian): \($0.description)" }.joined(separator: "; ")
        if failures.allSatisfy({ $0.error is KeyServiceError }) { return KeyServiceError.damaged(causes) }
        return MasterKeyError(
            code: failures.contains(where: \.isUnavailable) ? .unavailable : .refused, description: causes)
    }
}

extension KeyRecord {
    /// The wrap that stands in a master key's own row, as one of `custodian`.
    func wrapInPlace(of custodian: Custodian) -> MasterKeyWrap {
        MasterKeyWrap(
            id: .random(), version: version, custodian: custodian.name, provider: custodian.provider.name,
            algorithm: algorithm, wrapped: encryptedKey, addedUnixUs: createdUnixUs)
    }
}
