import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// The keyed contexts of one event loop: ciphers, blind indexes and the hash of record ids. All are dropped when the
/// cached keys change, so that no context outlives its key.
final class LoopCiphers {
    private static let recent = 16
    private static let indexLimit = 256

    private let ciphers: CipherCache
    @exclusivity(unchecked) private var memo: [FieldCipher?]
    private var indexes: [ObjectID: BlindIndex] = [:]
    @exclusivity(unchecked) private var auditHash: (version: UInt64, hash: AuditHash)?
    @exclusivity(unchecked) private var recordHashes = RecordHashes()
    let nonces: NonceSource

    /// - Parameter capacity: keyed ciphers.
    init(capacity: Int) throws(CryptoError) {
        ciphers = CipherCache(capacity: capacity)
        memo = [FieldCipher?](repeating: nil, count: Self.recent)
        nonces = try NonceSource()
    }

    func drop() {
        ciphers.removeAll()
        for place in memo.indices { memo[place] = nil }
        indexes.removeAll()
        dropAuditHash()
    }

    /// - Parameter subject: whose value it is; nil where the version has no subject keys.
    @inline(__always)
    func cipher(for material: FieldKeyMaterial, _ subject: SubjectKey?) throws(ItemFailure) -> FieldCipher {
        guard subject == nil else { return try keyed(material, subject) }
        let place = Int(truncatingIfNeeded: material.version.rawValue) & (Self.recent - 1)
        if let cipher = memo[place], cipher.version == material.version { return cipher }
        let cipher = try keyed(material, nil)
        memo[place] = cipher
        return cipher
    }

    private func keyed(_ material: FieldKeyMaterial, _ subject: SubjectKey?) throws(ItemFailure) -> FieldCipher {
        if let cipher = ciphers.cipher(for: material.version, subject: subject?.id) { return cipher }
        do throws(CryptoError) {
            let cipher = try FieldCipher(
                key: material.key, version: material.version, field: material.profile.fieldID, suite: material.suite,
                options: material.options, subject: subject)
            ciphers.insert(cipher)
            return cipher
        } catch {
            throw ItemFailure(error)
        }
    }

    /// The cipher of this version for values that another version seals too.
    func dualCipher(for material: FieldKeyMaterial, _ subject: SubjectKey?) throws(ItemFailure) -> DualCipher {
        if let cipher = ciphers.dualCipher(for: material.version, subject: subject?.id) { return cipher }
        return try dualCipher(material.version, material.key, of: material, subject)
    }

    /// The same of the version before.
    func dualCipher(
        for partner: FieldKeyMaterial.Partner, of material: FieldKeyMaterial, _ subject: SubjectKey?
    ) throws(ItemFailure) -> DualCipher {
        if let cipher = ciphers.dualCipher(for: partner.version, subject: subject?.id) { return cipher }
        return try dualCipher(partner.version, partner.key, of: material, subject)
    }

    private func dualCipher(
        _ version: KeyVersion, _ key: borrowing SecretBytes, of material: FieldKeyMaterial, _ subject: SubjectKey?
    ) throws(ItemFailure) -> DualCipher {
        do throws(CryptoError) {
            let cipher = try DualCipher(
                key: key, version: version, field: material.profile.fieldID, options: material.options, subject: subject
            )
            ciphers.insert(cipher)
            return cipher
        } catch {
            throw ItemFailure(error)
        }
    }

    func blindIndex(_ key: FieldKeyMaterial.IndexKey) throws(ItemFailure) -> BlindIndex {
        if let known = indexes[key.index.id] { return known }
        do throws(CryptoError) {
            let index = try BlindIndex(
                key: key.key, id: key.index.id, normaliser: key.index.normaliser, bits: key.index.bits,
                kind: key.index.kind)
            if indexes.count >= Self.indexLimit { indexes.removeAll(keepingCapacity: true) }
            indexes[key.index.id] = index
            return index
        } catch {
            throw ItemFailure(error)
        }
    }

    /// The keyed hash of a record id for the audit log.
    func recordHash(
        _ key: AuditHashMaterial, table: ObjectID, record: UnsafeRawBufferPointer
    ) throws(ItemFailure) -> EventIdentifier {
        do throws(CryptoError) {
            if auditHash?.version != key.version {
                dropAuditHash()
                auditHash = (key.version, try AuditHash(key: key.key))
            }
            guard let auditHash else { throw CryptoError(.library) }
            return try recordHashes.hash(table: table, record: record) { () throws(CryptoError) in
                var bytes: (UInt64, UInt64) = (0, 0)
                try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(CryptoError) in
                    try auditHash.hash.hash(table: table, recordID: record, into: bytes)
                }
                return withUnsafeBytes(of: bytes) { EventIdentifier($0) } ?? .zero
            }
        } catch {
            throw ItemFailure(error)
        }
    }

    private func dropAuditHash() {
        auditHash = nil
        recordHashes.removeAll()
    }
}
