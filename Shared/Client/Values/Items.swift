import FieldsealMessages

/// The form of a ciphertext.
public enum CiphertextForm: Sendable, Hashable, CaseIterable {
    /// For `bytea` columns.
    case binary
    /// `fs1:` and base64url, for text columns; given and taken as the bytes of that text.
    case text

    var message: Proto.Encoding {
        switch self {
        case .binary: .binary
        case .text: .text
        }
    }
}

/// A value to encrypt.
public struct EncryptItem: Sendable, Hashable {
    /// "table.field".
    public var field: String
    /// The value's bytes.
    public var plaintext: [UInt8]
    /// The row that the value belongs to; demanded where the field is bound to rows.
    public var recordID: RecordID?
    /// Bytes of the caller that the ciphertext is bound to; absent and empty differ.
    public var context: [UInt8]?
    /// Names of the blind indexes wanted besides the ciphertext.
    public var indexes: [String]
    /// Whom the value belongs to, 1 to 256 bytes; demanded where the field has subject keys, and refused where it has none.
    /// Once that subject is erased the value opens no more.
    public var subject: [UInt8]?

    public init(
        field: String, plaintext: [UInt8], recordID: RecordID? = nil, context: [UInt8]? = nil, indexes: [String] = [],
        subject: [UInt8]? = nil
    ) {
        self.field = field
        self.plaintext = plaintext
        self.recordID = recordID
        self.context = context
        self.indexes = indexes
        self.subject = subject
    }

    public init(
        field: String, text: String, recordID: RecordID? = nil, context: [UInt8]? = nil, indexes: [String] = [],
        subject: [UInt8]? = nil
    ) {
        self.init(
            field: field, plaintext: Array(text.utf8), recordID: recordID, context: context, indexes: indexes,
            subject: subject)
    }
}

/// What became of an `EncryptItem`.
public struct SealedValue: Sendable, Hashable {
    /// In the form asked for.
    public var ciphertext: [UInt8]
    /// The blind indexes in the order asked for.
    public var indexes: [[UInt8]]

    public init(ciphertext: [UInt8], indexes: [[UInt8]] = []) {
        self.ciphertext = ciphertext
        self.indexes = indexes
    }
}

/// A value to decrypt or rewrap. Record id and context are those that it was encrypted with.
public struct DecryptItem: Sendable, Hashable {
    /// "table.field".
    public var field: String
    /// In the form that the call states.
    public var ciphertext: [UInt8]
    /// The row that it was encrypted for.
    public var recordID: RecordID?
    /// The bytes that it was bound to besides.
    public var context: [UInt8]?

    public init(field: String, ciphertext: [UInt8], recordID: RecordID? = nil, context: [UInt8]? = nil) {
        self.field = field
        self.ciphertext = ciphertext
        self.recordID = recordID
        self.context = context
    }
}

/// A value to bind to another row or context.
public struct RebindItem: Sendable, Hashable {
    /// The value as it is bound now.
    public var current: DecryptItem
    /// The row that it shall belong to.
    public var newRecordID: RecordID?
    /// The bytes that it shall be bound to besides.
    public var newContext: [UInt8]?

    public init(_ current: DecryptItem, newRecordID: RecordID? = nil, newContext: [UInt8]? = nil) {
        self.current = current
        self.newRecordID = newRecordID
        self.newContext = newContext
    }
}

/// A ciphertext that was sealed anew.
public struct ResealedValue: Sendable, Hashable {
    /// In the form of the call.
    public var ciphertext: [UInt8]
    /// False: it was under the newest version already and comes back as it was.
    public var changed: Bool

    public init(ciphertext: [UInt8], changed: Bool) {
        self.ciphertext = ciphertext
        self.changed = changed
    }
}

/// A value whose blind indexes are wanted, for a search.
public struct BlindIndexItem: Sendable, Hashable {
    /// "table.field".
    public var field: String
    /// The value's bytes.
    public var plaintext: [UInt8]
    /// Names of the indexes.
    public var indexes: [String]
    /// The plaintext is a part of values that is searched for: their beginning in a prefix index, any part in a trigram index.
    public var isTerm: Bool
    /// Of an index of a pair: the value of its other field.
    public var beside: [UInt8]

    public init(
        field: String, plaintext: [UInt8], indexes: [String], isTerm: Bool = false, beside: [UInt8] = []
    ) {
        self.field = field
        self.plaintext = plaintext
        self.indexes = indexes
        self.isTerm = isTerm
        self.beside = beside
    }
}
