import FieldsealCrypto
import FieldsealSecureMemory

/// What the catalog says of a field, as far as sealing and opening need it.
struct FieldProfile: Equatable, Sendable {
    struct Index: Equatable, Sendable {
        var name: String
        var id: ObjectID
        var bits: Int
        var normaliser: IndexNormaliser
        var kind = IndexKind.equality
        /// Of a pair: the column of the other field, of the same table.
        var beside = ""
    }

    /// "table.field".
    var name: String
    var tableID: ObjectID
    var fieldID: ObjectID
    var sensitivity: Int32
    var rowBound: Bool
    var recordKeys: Bool
    /// Values belong to a subject, whose key takes part.
    var subjectKeys = false
    /// In a transition values are sealed under both versions.
    var isDual = false
    var activeVersion: UInt64
    var indexes: [Index]
    var keyColumns: [String]
}

/// One version of a field's key, opened: it lives in locked memory and goes with its last reference.
final class FieldKeyMaterial: Sendable {
    /// The key of a blind index, in locked memory.
    final class IndexKey: Sendable {
        let index: FieldProfile.Index
        let key: SecretBytes

        init(index: FieldProfile.Index, key: consuming SecretBytes) {
            self.index = index
            self.key = key
        }
    }

    /// The version that the active one superseded, as long as values are sealed under both.
    final class Partner: Sendable {
        let version: KeyVersion
        /// 32 bytes, in locked memory.
        let key: SecretBytes

        init(version: KeyVersion, key: consuming SecretBytes) {
            self.version = version
            self.key = key
        }
    }

    let profile: FieldProfile
    let version: KeyVersion
    let suite: CipherSuite
    let isActive: Bool
    /// Opens values that are sealed anew under another version, and nothing else.
    let isCompromised: Bool
    let createdUnixMilliseconds: Int64
    /// 32 bytes; never used directly, use keys are derived from it.
    let key: SecretBytes
    /// In the order of the profile's indexes.
    let indexKeys: [IndexKey]
    /// Of a dual field's active version in a transition: what is sealed is of suite 6.
    let partner: Partner?
    /// Seconds that key management allows the key to be kept.
    let ttl: UInt32
    /// Seals that were leased with it.
    let leased: UInt32

    init(
        profile: FieldProfile, version: KeyVersion, suite: CipherSuite, isActive: Bool, isCompromised: Bool = false,
        createdUnixMilliseconds: Int64, key: consuming SecretBytes, indexKeys: [IndexKey], partner: Partner? = nil,
        ttl: UInt32, leased: UInt32 = 0
    ) {
        self.profile = profile
        self.version = version
        self.suite = suite
        self.isActive = isActive
        self.isCompromised = isCompromised
        self.createdUnixMilliseconds = createdUnixMilliseconds
        self.key = key
        self.indexKeys = indexKeys
        self.partner = partner
        self.ttl = ttl
        self.leased = leased
    }
}

extension FieldKeyMaterial {
    var options: FieldCipher.Options {
        var options: FieldCipher.Options = profile.rowBound ? .rowBound : []
        if profile.recordKeys { options.insert(.recordKeys) }
        return options
    }

    /// Whether values are sealed for their rows.
    var needsRecord: Bool { profile.rowBound || profile.recordKeys }

    /// Whether sealing under this version draws on its budget of random 96-bit nonces. Values that two versions seal have
    /// a key of their own, wrapped under nonces of 192 bits, and count towards none.
    var countsNonces: Bool { suite.hasSealLimit && partner == nil }

    /// Bytes of a value of so many bytes when it is sealed under this version now.
    func sealedCount(_ plaintextCount: Int) -> Int {
        CiphertextHeader.fixedCount + (profile.subjectKeys ? ObjectID.byteCount : 0)
            + (partner == nil ? suite.overhead : DualCipher.overhead) + plaintextCount
    }

    /// Whether a value with this header is what would be sealed now.
    func isCurrent(_ header: CiphertextHeader) -> Bool {
        guard header.version == version else { return false }
        if case .dual(let before) = header.form { return partner?.version == before }
        return true
    }
}
