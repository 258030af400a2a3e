public import FieldsealSecureMemory

/// What the stored key of a subject is: authenticated by its wrapping, so that no row can stand in for another.
public struct SubjectKeyIdentity: Hashable, Sendable {
    private static let label: StaticString = "fieldseal/v1 wrapped subject key"

    /// The subject key's id, which is its row's too.
    public let id: ObjectID
    public let table: ObjectID
    /// The version of the table's subject-wrapping key.
    public let wrapping: KeyVersion

    public init(id: ObjectID, table: ObjectID, wrapping: KeyVersion) {
        self.id = id
        self.table = table
        self.wrapping = wrapping
    }

    /// Label after its u32 length, id, table, version.
    var associatedData: [UInt8] {
        var data: [UInt8] = []
        data.append(bigEndian: UInt32(Self.label.utf8CodeUnitCount))
        data.append(label: Self.label)
        data.append(id: id)
        data.append(id: table)
        data.append(bigEndian: wrapping.rawValue)
        return data
    }
}

/// Finds a subject's key without keeping the subject's name: HMAC-SHA256 under a key of the table. Not thread-safe.
public final class SubjectLookup {
    /// The longest subject id, in bytes; the shortest has one.
    public static let maximumCount = 256

    private static let label: StaticString = "fieldseal/v1 subject lookup"

    private let mac: HMACSHA256

    /// - Parameter key: the table's lookup key, 32 bytes; the key of the hashes is derived from it.
    public init(key: borrowing SecretBytes, table: ObjectID) throws(CryptoError) {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        var info: [UInt8] = []
        info.append(label: Self.label)
        info.append(id: table)
        mac = try HMACSHA256(key: HKDF.expand(key, info: info, count: 32))
    }

    /// 32 bytes.
    ///
    /// - Throws: ``CryptoError`` `.size` unless the id has 1 to 256 bytes.
    public func hash(of subject: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard (1...Self.maximumCount).contains(subject.count) else { throw CryptoError(.size) }
        try mac.update(subject)
        return try mac.finish()
    }
}
