/// What a ciphertext opens for. A value that moves to another row is sealed anew.
struct ValueBinding: Sendable, Hashable {
    var field: String
    var recordID: RecordID?
    var context: [UInt8]?
    var subject: [UInt8]?

    func error(_ code: EncryptedValueError.Code, cause: FieldsealError? = nil) -> EncryptedValueError {
        EncryptedValueError(code, field: field, recordID: recordID, cause: cause)
    }
}
