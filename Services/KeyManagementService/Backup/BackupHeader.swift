import FieldsealCrypto

/// The clear beginning of a backup: what it is of, and its content key under the backup key. All of it is authenticated
/// with every chunk that follows.
///
/// `fieldseal key store` ‖ u8 format 1 ‖ u32 length ‖ store id (16) ‖ u64 revision ‖ chain head (32) ‖ i64 created,
/// microseconds since 1970 ‖ backup id (16) ‖ u64 key version ‖ u16 length ‖ algorithm ‖ u32 length ‖ wrapped key.
struct BackupHeader: Equatable, Sendable {
    static let magic = Array("fieldseal key store".utf8)
    static let format: UInt8 = 1
    /// Bytes before the part whose length is told.
    static let prefixCount = magic.count + 1 + 4
    /// A wrap of a cloud's KMS is a few hundred bytes.
    static let longest = 16 << 10

    /// The store's id, revision and chain head at the time.
    var state: StoreRevision
    var createdUnixUs: Int64
    /// Names the backup; the row that its key would be.
    var id: ObjectID
    var keyVersion: KeyVersion
    /// The provider's, that wrapped the key.
    var algorithm: String
    var wrappedKey: [UInt8]

    /// A wrap made for this identity passes for no other key, and no other wrap for this one.
    var keyIdentity: KeyIdentity {
        .backup(id: id, store: state.storeID, version: keyVersion)
    }

    var encoded: [UInt8] {
        var body = BackupEncoder()
        body.append(state.storeID.bytes)
        body.append(state.revision)
        body.append(state.head)
        body.append(createdUnixUs)
        body.append(id.bytes)
        body.append(keyVersion.rawValue)
        body.append(algorithm)
        body.append(UInt32(truncatingIfNeeded: wrappedKey.count))
        body.append(wrappedKey)
        var header = BackupEncoder()
        header.append(Self.magic)
        header.append(Self.format)
        header.append(UInt32(truncatingIfNeeded: body.bytes.count))
        header.append(body.bytes)
        return header.bytes
    }

    /// The length of the part that follows the first `prefixCount` bytes.
    static func bodyCount(of prefix: [UInt8]) throws(BackupError) -> Int {
        guard prefix.count == prefixCount, prefix.starts(with: magic) else { throw .notOne }
        guard prefix[magic.count] == format else {
            throw BackupError(.format, "the backup's format is not known here: it was made by another version")
        }
        var decoder = BackupDecoder(prefix[(magic.count + 1)...])
        guard let count = decoder.number(UInt32.self), count <= longest else { throw .notOne }
        return Int(count)
    }

    init(body: [UInt8]) throws(BackupError) {
        var decoder = BackupDecoder(body[...])
        guard let store = decoder.part(16).flatMap({ ObjectID(bytes: Array($0)) }),
            let revision = decoder.number(UInt64.self), let head = decoder.part(32),
            let created = decoder.number(Int64.self),
            let id = decoder.part(16).flatMap({ ObjectID(bytes: Array($0)) }),
            let version = decoder.number(UInt64.self).flatMap(KeyVersion.init(rawValue:)),
            let algorithm = decoder.text(), let count = decoder.number(UInt32.self),
            let wrapped = decoder.part(Int(count)), decoder.isAtEnd
        else { throw .notOne }
        self.init(
            state: StoreRevision(storeID: store, revision: revision, head: Array(head)), createdUnixUs: created, id: id,
            keyVersion: version, algorithm: algorithm, wrappedKey: Array(wrapped))
    }

    init(
        state: StoreRevision, createdUnixUs: Int64, id: ObjectID, keyVersion: KeyVersion, algorithm: String,
        wrappedKey: [UInt8]
    ) {
        self.state = state
        self.createdUnixUs = createdUnixUs
        self.id = id
        self.keyVersion = keyVersion
        self.algorithm = algorithm
        self.wrappedKey = wrappedKey
    }
}
