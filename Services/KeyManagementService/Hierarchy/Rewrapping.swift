import FieldsealCrypto
import FieldsealSecureMemory

/// Wraps many keys anew under one version of their parent; what is derived from the parents is derived once.
struct Rewrapping {
    private let new: KeyIdentity
    private let wrapping: KeyWrapping
    private var former: [KeyVersion: KeyWrapping] = [:]

    init(to new: KeyIdentity, key: borrowing SecretBytes) throws(CryptoError) {
        self.new = new
        wrapping = try KeyWrapping(under: key)
    }

    func knows(_ version: KeyVersion) -> Bool { former[version] != nil }

    /// A version that children are wrapped under now.
    mutating func add(_ version: KeyVersion, key: borrowing SecretBytes) throws(CryptoError) {
        former[version] = try KeyWrapping(under: key)
    }

    /// - Throws: `KeyServiceError.damaged` where the wrap does not open or holds another key.
    func rewrap(_ record: KeyRecord) throws -> KeyRecord {
        guard let version = record.identity.parent?.version, let old = former[version],
            record.algorithm == KeyMaking.wrapAlgorithm
        else { throw KeyServiceError.damaged("key \(record.identity.row) has an unknown algorithm or parent") }
        let key = try unwrap(record, by: old)
        guard try KeyDerivation.isCheckValue(record.keyHash, of: key, as: record.identity) else {
            throw KeyServiceError.damaged("the check value of key \(record.identity.row) does not hold")
        }
        var rewrapped = record
        rewrapped.identity = record.identity(under: new)
        rewrapped.encryptedKey = try wrapping.wrap(key, as: rewrapped.identity)
        rewrapped.keyHash = try KeyDerivation.checkValue(of: key, as: rewrapped.identity)
        return rewrapped
    }

    private func unwrap(_ record: KeyRecord, by wrapping: KeyWrapping) throws -> SecretBytes {
        do {
            return try wrapping.unwrap(record.encryptedKey, as: record.identity)
        } catch {
            guard error.isRejection else { throw error }
            throw KeyServiceError.damaged("the wrap of key \(record.identity.row) does not open")
        }
    }
}
