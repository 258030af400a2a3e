import FieldsealCrypto
import FieldsealMessages

/// The encoding of one item's record id, in memory that is used again.
struct RecordBuffer {
    private var identifier = RecordIdentifier()

    /// Encodes the record id under the rules of the field.
    /// - Returns: whether there is one.
    mutating func encode(_ view: borrowing RecordIDView?, for key: FieldKeyMaterial) throws(ItemFailure) -> Bool {
        switch view {
        case nil:
            guard !key.needsRecord else { throw .recordRequired }
            return false
        case .some(let view):
            guard view.count == key.profile.keyColumns.count else { throw .recordColumns }
            identifier.removeAll()
            for index in 0..<view.count { try append(view[index]) }
            return true
        }
    }

    /// Encodes the record id of a message that was copied out.
    mutating func encode(_ recordID: Proto.RecordID?, for key: FieldKeyMaterial) throws(ItemFailure) -> Bool {
        guard let recordID else {
            guard !key.needsRecord else { throw .recordRequired }
            return false
        }
        guard recordID.columns.count == key.profile.keyColumns.count else { throw .recordColumns }
        identifier.removeAll()
        for column in recordID.columns {
            switch column.value {
            case .integer(let value): try append(.integer(value))
            case .text(let text):
                try Array(text.utf8).lend { (text) throws(ItemFailure) in try append(.text(text)) }
            case .uuid(let bytes): try bytes.lend { (bytes) throws(ItemFailure) in try append(.uuid(bytes)) }
            case .binary(let bytes):
                try bytes.lend { (bytes) throws(ItemFailure) in try append(.binary(bytes)) }
            case .date(let days): try append(.date(days))
            case nil: throw .recordColumnValue
            }
        }
        return true
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(ItemFailure) -> Result) throws(ItemFailure) -> Result
    {
        try identifier.withUnsafeBytes(body)
    }

    private mutating func append(_ column: KeyColumnView) throws(ItemFailure) {
        do throws(CryptoError) {
            switch column {
            case .integer(let value): try identifier.append(integer: value)
            case .text(let text): try identifier.append(text: text)
            case .uuid(let bytes):
                guard let id = ObjectID(bytes: bytes) else { throw CryptoError(.text) }
                try identifier.append(uuid: id)
            case .binary(let bytes): try identifier.append(binary: bytes)
            case .date(let days): try identifier.append(date: days)
            case .invalid: throw CryptoError(.text)
            }
        } catch {
            throw error.code == .size ? .recordTooLong : .recordColumnValue
        }
    }
}
