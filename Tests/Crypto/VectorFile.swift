/// Tests/Vectors/ciphertext.json: what Protos/CIPHERTEXT.md specifies, worked out. Bytes are hexadecimal.
struct VectorFile: Codable, Equatable {
    var values: [Value]
    var refused: [Refused]
    var dualValues: [DualValue]
    var refusedDualValues: [Refused]
    var recordIDs: [RecordID]
    var children: [Child]
    var wrappedKeys: [Wrapped]
    var wrappedSubjectKeys: [WrappedSubjectKey]
    var subjectLookups: [SubjectLookupHash]
    var sealedKeys: [SealedKey]
    var rows: [Row]
    var auditHashes: [AuditHashValue]
    var blindIndexes: [Index]
    var textFilters: [Filter]
    var pairIndexes: [Pair]
    var normalisation: [Normalised]
    var scrypt: [ScryptKey]

    struct Value: Codable, Equatable {
        var suite: UInt8
        var fieldKey: String
        var version: String
        var field: String
        var rowBound: Bool
        var recordKeys: Bool
        var recordID: String?
        var context: String?
        /// Id and key of the subject key; both or neither are present.
        var subject: String?
        var subjectKey: String?
        var nonce: String
        var plaintext: String
        /// The key that seals this very value.
        var key: String
        var associatedData: String
        var sealed: String
        var text: String
    }

    /// A value of suite 6; it opens with either version.
    struct DualValue: Codable, Equatable {
        var newer: Version
        var older: Version
        var field: String
        var rowBound: Bool
        var recordKeys: Bool
        var recordID: String?
        var context: String?
        var subject: String?
        var subjectKey: String?
        var contentKey: String
        var plaintext: String
        /// Of the wrapped content keys; the body's adds both of them.
        var associatedData: String
        var commitment: String
        var sealed: String
        var text: String

        struct Version: Codable, Equatable {
            var version: String
            var fieldKey: String
            /// Wraps the content key of this very value.
            var key: String
            var nonce: String
        }
    }

    /// A value that does not open with the key, field, record id, context and subject of the value at `of`.
    struct Refused: Codable, Equatable {
        var of: Int
        var why: String
        var sealed: String
    }

    struct RecordID: Codable, Equatable {
        var columns: [Column]
        var encoding: String

        /// Exactly one is present.
        struct Column: Codable, Equatable {
            var integer: Int64?
            var text: String?
            var uuid: String?
            var binary: String?
            var date: Int32?
        }
    }

    struct Child: Codable, Equatable {
        var parent: String
        var kind: String
        var object: String
        var version: String
        var salt: String
        var key: String
    }

    struct Identity: Codable, Equatable {
        var kind: UInt8
        var row: String
        var object: String
        var version: String
        var parentObject: String?
        var parentVersion: String?
    }

    struct Wrapped: Codable, Equatable {
        var parent: String
        var identity: Identity
        var binding: String
        var nonce: String
        var key: String
        var wrapped: String
        var check: String
    }

    struct WrappedSubjectKey: Codable, Equatable {
        var parent: String
        var id: String
        var table: String
        var wrapping: String
        var nonce: String
        var key: String
        var wrapped: String
    }

    struct SubjectLookupHash: Codable, Equatable {
        var key: String
        var table: String
        var subject: String
        var hash: String
    }

    struct SealedKey: Codable, Equatable {
        var recipientPrivate: String
        var recipientPublic: String
        var ephemeralPrivate: String
        var identity: String
        var context: String
        var key: String
        var sealed: String
    }

    struct Row: Codable, Equatable {
        var key: String
        var table: String
        var revision: UInt64
        var columns: [Column]
        var encoding: String
        var mac: String

        /// At most one value is present; none is a null.
        struct Column: Codable, Equatable {
            var name: String
            var integer: Int64?
            var text: String?
            var uuid: String?
            var binary: String?
            var boolean: Bool?
        }
    }

    struct AuditHashValue: Codable, Equatable {
        var key: String
        var table: String
        var recordID: String
        var hash: String
    }

    struct Index: Codable, Equatable {
        var key: String
        var id: String
        var normaliser: UInt8
        var bits: Int
        var value: String
        var normalised: String
        var index: String
    }

    /// A blind index of prefixes or trigrams: that of a value, or of a term that is searched for.
    struct Filter: Codable, Equatable {
        var key: String
        var id: String
        var normaliser: UInt8
        /// 2 prefixes, 3 trigrams.
        var kind: Int
        var bits: Int
        var hashes: Int
        var shortest: Int
        var longest: Int
        var value: String
        var isTerm: Bool
        var index: String
    }

    /// A blind index over the values of two fields.
    struct Pair: Codable, Equatable {
        var key: String
        var id: String
        var normaliser: UInt8
        var besideNormaliser: UInt8
        var bits: Int
        var value: String
        var beside: String
        var index: String
    }

    /// SHA-256 over the casefolded forms of "a" ‖ code point ‖ `after` for each code point of the range, a line feed after each.
    struct Normalised: Codable, Equatable {
        var first: UInt32
        var last: UInt32
        var after: String
        var digest: String
    }

    struct ScryptKey: Codable, Equatable {
        var passphrase: String
        var salt: String
        var costExponent: UInt8
        var parallelism: UInt8
        var key: String
    }
}
