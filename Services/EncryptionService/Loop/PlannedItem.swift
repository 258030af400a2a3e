import FieldsealCrypto
import FieldsealMessages

/// One item of a batch after the first pass: what will be done with it, or why not.
struct PlannedItem {
    var field: LoopField?
    /// The key that opens the item, or seals it where it is encrypted.
    var key: FieldKeyEntry?
    /// The key that seals it anew.
    var newKey: FieldKeyEntry?
    /// Whether a seal of the field's active key is taken for it.
    var takesSeal = false
    /// The subject whose key takes part.
    var subject: SubjectKeyEntry?
    var failure: ItemFailure?
    /// The key version that key management has and does not give.
    var refusedVersion: UInt64 = 0
    /// The binary form of a ciphertext.
    var sealed = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Its header.
    var header: CiphertextHeader?

    static func failed(_ refusal: Refusal) -> PlannedItem {
        PlannedItem(field: refusal.field, failure: refusal.failure, refusedVersion: refusal.version)
    }
}

extension ItemFailure {
    /// The largest result that an item's failure takes in an answer, in bytes.
    static let largestResult = allCases.map { ResultSize.error(code: $0.code.rawValue, message: $0.message) }.max() ?? 0
}
