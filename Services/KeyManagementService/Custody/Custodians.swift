import FieldsealCrypto
import FieldsealCustody
import FieldsealSecureMemory

/// One keeper of the master key, as this replica is configured.
struct Custodian: Sendable {
    static let nameRule = "a custodian's name is 1 to 63 letters, digits, '.', '-' and '_'"

    let name: String
    let provider: any MasterKeyProvider

    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.allSatisfy { characters.contains($0) }
    }

    private static let characters = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_".utf8)
}

/// The keepers of the master key in the order in which they are asked. Any one of them opens it, so that the weakest
/// decides how well it is kept.
struct Custodians: Sendable {
    let list: [Custodian]
    /// What one is given before the next is asked besides.
    var headStart = Duration.seconds(2)

    init(_ list: [Custodian]) { self.list = list }

    subscript(name: String) -> Custodian? { list.first { $0.name == name } }

    /// Who can hold a new store's master key: shares are made later.
    var makers: [String] { list.filter { !($0.provider is SharesProvider) }.map(\.name) }

    /// Their providers, for people.
    var description: String { list.map(\.provider.name).joined(separator: ", ") }
}

extension Custodian {
    /// Wraps a master key, and opens the wrap again where others made it: what cannot be opened is not kept.
    func wrap(
        _ key: borrowing SecretBytes, as identity: KeyIdentity, atUnixUs now: Int64
    ) async throws -> MasterKeyWrap {
        let wrap = MasterKeyWrap(
            id: .random(), version: identity.version, custodian: name, provider: provider.name,
            algorithm: provider.algorithm, wrapped: try await provider.wrap(key, as: identity), addedUnixUs: now)
        if provider.wrapsLocally { return wrap }
        let opened = try await provider.unwrap(wrap.wrapped, as: identity)
        guard constantTimeEquals(opened, key) else {
            throw MasterKeyError(code: .refused, description: "custodian \(name) opens its own wrap to another key")
        }
        return wrap
    }

    /// Opens a master key and checks that it is the one that was stored.
    func open(_ wrap: MasterKeyWrap, of record: KeyRecord) async throws -> SharedSecret {
        guard record.identity.kind == .master, wrap.version == record.version, wrap.algorithm == provider.algorithm
        else {
            throw MasterKeyError(
                code: .malformed, description: "the master key is not wrapped by provider \(provider.name)")
        }
        let key = try await provider.unwrap(wrap.wrapped, as: record.identity)
        guard try KeyDerivation.isCheckValue(record.keyHash, of: key, as: record.identity) else {
            throw KeyServiceError.damaged("the check value of the master key does not hold")
        }
        return SharedSecret(key)
    }
}

extension Custodians {
    /// Wraps a new master key under each of the named custodians. Takes as long as the slowest of them: done before a
    /// transaction, never inside.
    ///
    /// - Throws: `KeyServiceError.custodianAway` where one of them is not configured here, does not answer or refuses;
    ///   nothing is skipped.
    func wrap(
        _ key: borrowing SecretBytes, as identity: KeyIdentity, under names: [String], atUnixUs now: Int64
    ) async throws -> [MasterKeyWrap] {
        var wraps: [MasterKeyWrap] = []
        for name in names {
            guard let custodian = self[name] else {
                throw KeyServiceError.custodianAway(name).detailed("it is not configured here")
            }
            do {
                wraps.append(try await custodian.wrap(key, as: identity, atUnixUs: now))
            } catch let error as MasterKeyError {
                throw KeyServiceError.custodianAway(name).detailed(error.description)
            }
        }
        guard !wraps.isEmpty else {
            throw MasterKeyError(code: .credential, description: "no custodian is configured")
        }
        return wraps
    }
}
