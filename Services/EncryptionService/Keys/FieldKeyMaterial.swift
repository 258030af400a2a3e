import FieldsealCrypto
import FieldsealSecureMemory

/// What the catalog says of a field, as far as sealing and opening need it.
struct FieldProfile: Equatable, Sendable {
    struct Index: Equatable, Sendable {
        var name: String
        var id: ObjectID
        var bits: Int
        var normaliser: IndexNormaliser
    }

    /// "table.field".
    var name: String
    var tableID: ObjectID
    var fieldID: ObjectID
    var sensitivity: Int32
    var rowBound: Bool
    var recordKeys: Bool
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

    let profile: FieldProfile
    let version: KeyVersion
    let suite: CipherSuite
    let isActive: Bool
    let createdUnixMilliseconds: Int64
    /// 32 bytes; never used directly, use keys are derived from it.
    let key: SecretBytes
    /// In the order of the profile's indexes.
    let indexKeys: [IndexKey]
    /// Seconds that key management allows the key to be kept.
    let ttl: UInt32

    init(
        profile: FieldProfile, version: KeyVersion, suite: CipherSuite, isActive: Bool, createdUnixMilliseconds: Int64,
        key: consuming SecretBytes, indexKeys: [IndexKey], ttl: UInt32
    ) {
        self.profile = profile
        self.version = version
        self.suite = suite
        self.isActive = isActive
        self.createdUnixMilliseconds = createdUnixMilliseconds
        self.key = key
        self.indexKeys = indexKeys
        self.ttl = ttl
    }
}
