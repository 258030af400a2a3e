import CFieldsealProtobuf

/// A row's identity, borrowed.
public struct RecordIDView: ~Escapable {
    /// The number of columns.
    public let count: Int
    private let columns: UnsafeMutablePointer<UnsafeMutablePointer<Fieldseal__V1__KeyColumn>?>?

    @_lifetime(immortal)
    init?(_ c: UnsafeMutablePointer<Fieldseal__V1__RecordId>?) {
        guard let c else { return nil }
        columns = c.pointee.columns
        count = c.pointee.columns == nil ? 0 : c.pointee.n_columns
    }

    /// The column at `index`, which is less than `count`.
    public subscript(index: Int) -> KeyColumnView {
        precondition(index >= 0 && index < count, "there is no such column")
        guard let column = columns?[index]?.pointee else { return .invalid }
        switch column.value_case.rawValue {
        case 1: return .integer(column.integer)
        case 2: return isUTF8(column.text.buffer) ? .text(column.text.buffer) : .invalid
        case 3: return .uuid(column.uuid.buffer)
        case 4: return .binary(column.binary.buffer)
        case 5: return .date(column.date)
        default: return .invalid
        }
    }
}

/// A value of a row's key, borrowed.
public enum KeyColumnView {
    case integer(Int64)
    /// Checked UTF-8.
    case text(UnsafeRawBufferPointer)
    /// 16 bytes where the caller is right; not checked.
    case uuid(UnsafeRawBufferPointer)
    case binary(UnsafeRawBufferPointer)
    /// Days since 1970-01-01.
    case date(Int32)
    /// Nothing, or a text that is not UTF-8.
    case invalid
}

private func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let bytes = bytes.bindMemory(to: UInt8.self)
    return (try? UTF8Span(validating: Span(_unsafeElements: bytes))) != nil
}
