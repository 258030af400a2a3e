import FieldsealCrypto

/// The key of one subject of a table: a row of `subject_keys`. Of the subject itself only a keyed hash is stored.
struct SubjectKeyRecord: Sendable, Equatable {
    /// Named in the header of every value that the key takes part in.
    var id: ObjectID
    var table: ObjectID
    /// The keyed hash of the caller's name for the subject, 32 bytes; nil of the key of those hashes, one a table.
    var lookup: [UInt8]?
    /// The version of the table's subject-wrapping key that wraps it.
    var wrapping: KeyVersion
    /// Empty once erased.
    var encryptedKey: [UInt8]
    var createdUnixUs: Int64
    /// When it was erased, which is for good.
    var erasedUnixUs: Int64?
    /// When a key above it was compromised: its subject gets another, and this one moves values to that alone.
    var compromisedUnixUs: Int64?
    /// The store revision that wrote the row.
    var revision: UInt64

    var isErased: Bool { erasedUnixUs != nil }
    var isCompromised: Bool { compromisedUnixUs != nil }
    /// Whether it stands for its subject: as the key of its values, or to say that there is none any more.
    var isCurrent: Bool { !isCompromised || isErased }
    var identity: SubjectKeyIdentity { SubjectKeyIdentity(id: id, table: table, wrapping: wrapping) }

    /// The tombstone that remains.
    func erased(atUnixUs now: Int64) -> SubjectKeyRecord {
        var record = self
        record.encryptedKey = []
        record.erasedUnixUs = now
        return record
    }

    /// The record with the permanent mark.
    func markedCompromised(atUnixUs now: Int64) -> SubjectKeyRecord {
        var record = self
        record.compromisedUnixUs = now
        return record
    }

    /// Every column, for the row's MAC.
    var canonical: CanonicalRow {
        var row = CanonicalRow(table: "subject_keys", revision: revision)
        row.append("id", id)
        row.append("table_id", table)
        row.append("lookup", lookup)
        row.append("wrapping_version", Int64(bitPattern: wrapping.rawValue))
        row.append("encrypted_key", encryptedKey)
        row.append("created_at", createdUnixUs)
        row.append("erased_at", erasedUnixUs)
        // A later column enters where it says something (see `KeyStoreSchema.fieldLifecycle`).
        if let compromisedUnixUs { row.append("compromised_at", compromisedUnixUs) }
        return row
    }
}

/// How a caller names a subject's key.
enum SubjectName: Sendable, Equatable {
    /// By its own name for the subject, 1 to 256 bytes: personal data, which goes nowhere.
    case subject([UInt8])
    /// By the key's id, as a ciphertext states it.
    case key(ObjectID, for: GrantPurpose = .use)
}

/// What operators and the audit log call the keys of a table's subjects.
enum SubjectObject {
    /// The table's subject-wrapping key, and its subjects as a whole.
    static func name(of table: String) -> String { "\(table)/subjects" }

    /// One subject's key.
    static func name(of key: ObjectID, in table: String) -> String { "\(name(of: table))/\(key)" }

    /// The id of the key that a name of ``name(of:in:)`` stands for.
    static func key(in name: String) -> ObjectID? {
        guard let slash = name.lastIndex(of: "/"), name[..<slash].hasSuffix("/subjects") else { return nil }
        return ObjectID(String(name[name.index(after: slash)...]))
    }
}
