import FieldsealRPC

/// Why an item was not served: a closed vocabulary.
///
/// `message` is what the caller reads and never echoes input; `cause` goes to the audit event alone. Everything that a
/// forger could vary about a ciphertext shares one code and one message.
enum ItemFailure: UInt8, Error, Sendable, CaseIterable {
    case denied
    case deterministicDenied
    case fieldName
    case fieldUnknown
    case recordRequired
    case recordColumns
    case recordColumnValue
    case recordTooLong
    case indexUnknown
    case indexInput
    case indexTerm
    case indexTermShort
    case indexBeside
    case tooLarge
    case form
    case suite
    case flags
    case versionUnknown
    case commitment
    case tag
    case subjectRequired
    case subjectUnexpected
    case subjectSize
    case subjectUnknown
    case subjectErased
    case subjectCompromised
    case versionInactive
    case versionExhausted
    case versionRetired
    case versionCompromised
    case versionDestroyed
    case keysUnavailable
    case keysDenied
    case keysConflict
    case keyDamaged
    case missBudget
    case loadLimit
    case deadline
    case unexpected

    var code: RPCCode {
        switch self {
        case .denied, .deterministicDenied, .keysDenied: .permissionDenied
        case .fieldUnknown: .notFound
        case .fieldName, .recordRequired, .recordColumns, .recordColumnValue, .recordTooLong, .indexUnknown,
            .indexInput, .indexTerm, .indexTermShort, .indexBeside,
            .form, .suite, .flags, .versionUnknown, .commitment, .tag, .subjectRequired, .subjectUnexpected,
            .subjectSize,
            .subjectUnknown:
            .invalidArgument
        case .versionInactive, .versionExhausted, .versionRetired, .versionCompromised, .versionDestroyed,
            .subjectErased, .subjectCompromised:
            .failedPrecondition
        case .keysUnavailable: .unavailable
        case .keysConflict: .aborted
        case .keyDamaged: .dataLoss
        case .tooLarge, .missBudget, .loadLimit: .resourceExhausted
        case .deadline: .deadlineExceeded
        case .unexpected: .internal
        }
    }

    /// Whether key management's answer will be the same in a while, so that it is remembered and ends what was cached.
    var isLasting: Bool {
        switch self {
        case .fieldUnknown, .versionUnknown, .versionInactive, .versionRetired, .versionCompromised, .versionDestroyed,
            .keysDenied, .subjectUnexpected, .subjectUnknown, .subjectErased, .subjectCompromised:
            true
        default: false
        }
    }

    /// Whether key management has the version that was asked for, of the field that was named, and does not give it.
    var isOfVersion: Bool { self == .versionRetired || self == .versionCompromised || self == .versionDestroyed }

    var message: String {
        switch self {
        case .denied: "not permitted for this field"
        case .deterministicDenied: "deterministic encryption is not permitted for this field"
        case .fieldName: "a field is named table.field"
        case .fieldUnknown: "field is not in the catalog"
        case .recordRequired: "this field demands a record id"
        case .recordColumns: "the record id has not the key columns of the table"
        case .recordColumnValue: "a column of the record id has no value or a wrong length"
        case .recordTooLong: "the record id is too long"
        case .indexUnknown: "the field has no such blind index"
        case .indexInput: "the blind index takes UTF-8 text"
        case .indexTerm: "the blind index finds whole values only"
        case .indexTermShort: "the text is too short to be searched for"
        case .indexBeside: "an index of a pair takes the values of both fields, by BlindIndex, and no other index does"
        case .tooLarge: "value or context is too large"
        case .form, .suite, .flags, .versionUnknown, .commitment, .tag, .subjectUnknown: "ciphertext rejected"
        case .subjectRequired: "this field demands a subject"
        case .subjectUnexpected: "this field has no subject keys"
        case .subjectSize: "a subject has 1 to 256 bytes"
        case .subjectErased: "the subject was erased"
        case .subjectCompromised: "subject key is compromised"
        case .versionInactive: "the field has no active key"
        case .versionExhausted: "the field's key has sealed as many values as it may; it has to be rotated"
        case .versionRetired: "key version is retired"
        case .versionCompromised: "key version is compromised"
        case .versionDestroyed: "key version is destroyed"
        case .keysUnavailable: "field keys are not available"
        case .keysDenied: "key management does not serve this field"
        case .keysConflict: "the field's key was changed at the same time"
        case .keyDamaged: "field key is damaged"
        case .missBudget: "too many keys asked for; try again later"
        case .loadLimit: "too many keys are being loaded; try again later"
        case .deadline: "deadline exceeded"
        case .unexpected: "internal error"
        }
    }

    /// The fixed word that stands in the audit event.
    var cause: String {
        switch self {
        case .denied: "policy"
        case .deterministicDenied: "policy-deterministic"
        case .fieldName: "field-name"
        case .fieldUnknown: "field-unknown"
        case .recordRequired: "record-required"
        case .recordColumns: "record-columns"
        case .recordColumnValue: "record-value"
        case .recordTooLong: "record-size"
        case .indexUnknown: "index-unknown"
        case .indexInput: "index-input"
        case .indexTerm: "index-term"
        case .indexTermShort: "index-term-short"
        case .indexBeside: "index-beside"
        case .tooLarge: "size"
        case .form: "form"
        case .suite: "suite"
        case .flags: "flags"
        case .versionUnknown: "version"
        case .commitment: "commitment"
        case .tag: "tag"
        case .subjectRequired: "subject-required"
        case .subjectUnexpected: "subject-unexpected"
        case .subjectSize: "subject-size"
        case .subjectUnknown: "subject-unknown"
        case .subjectErased: "subject-erased"
        case .subjectCompromised: "subject-compromised"
        case .versionInactive: "inactive"
        case .versionExhausted: "exhausted"
        case .versionRetired: "retired"
        case .versionCompromised: "compromised"
        case .versionDestroyed: "destroyed"
        case .keysUnavailable: "keys-unavailable"
        case .keysDenied: "keys-denied"
        case .keysConflict: "keys-conflict"
        case .keyDamaged: "key-damaged"
        case .missBudget: "miss-budget"
        case .loadLimit: "load-limit"
        case .deadline: "deadline"
        case .unexpected: "internal"
        }
    }
}
