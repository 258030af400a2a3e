import CFieldsealProtobuf

/// One item of a `BatchRequest`, borrowed.
public struct BatchItem: ~Escapable {
    /// "table.field". Not checked for UTF-8: a key to look up.
    public let field: UnsafeRawBufferPointer
    /// The plaintext or ciphertext.
    public let value: UnsafeRawBufferPointer
    /// The context to bind; absent and empty differ.
    public let context: UnsafeRawBufferPointer?
    /// The row's identity; absent and without columns differ.
    public let recordID: RecordIDView?
    /// Names of the blind indexes asked for. Not checked for UTF-8: keys to look up.
    public let indexes: ByteStringsView
    /// Whom a plaintext belongs to; empty where nobody is named.
    public let subject: UnsafeRawBufferPointer
    /// The value is a part of values that is searched for.
    public let isTerm: Bool
    /// The value of the other field of an index of a pair.
    public let beside: UnsafeRawBufferPointer

    @_lifetime(immortal)
    init(_ c: Fieldseal__V1__EncryptItem?) {
        field = c?.field.buffer ?? .empty
        value = c?.plaintext.buffer ?? .empty
        context = c.flatMap { $0.context_presence_case.rawValue == 0 ? nil : $0.context.buffer }
        recordID = RecordIDView(c?.record_id)
        indexes = ByteStringsView(c?.indexes, count: c?.n_indexes ?? 0)
        subject = c?.subject.buffer ?? .empty
        isTerm = false
        beside = .empty
    }

    @_lifetime(immortal)
    init(_ c: Fieldseal__V1__DecryptItem?) {
        field = c?.field.buffer ?? .empty
        value = c?.ciphertext.buffer ?? .empty
        context = c.flatMap { $0.context_presence_case.rawValue == 0 ? nil : $0.context.buffer }
        recordID = RecordIDView(c?.record_id)
        indexes = ByteStringsView(nil, count: 0)
        subject = .empty
        isTerm = false
        beside = .empty
    }

    @_lifetime(immortal)
    init(_ c: Fieldseal__V1__BlindIndexItem?) {
        field = c?.field.buffer ?? .empty
        value = c?.plaintext.buffer ?? .empty
        context = nil
        recordID = nil
        indexes = ByteStringsView(c?.indexes, count: c?.n_indexes ?? 0)
        subject = .empty
        isTerm = c.map { $0.term != 0 } ?? false
        beside = c?.beside.buffer ?? .empty
    }
}

/// A repeated `bytes` or `string`, borrowed.
public struct ByteStringsView: ~Escapable {
    public let count: Int
    private let elements: UnsafeMutablePointer<ProtobufCBinaryData>?

    @_lifetime(immortal)
    init(_ elements: UnsafeMutablePointer<ProtobufCBinaryData>?, count: Int) {
        self.elements = elements
        self.count = elements == nil ? 0 : count
    }

    /// The element at `index`, which is less than `count`.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < count, "there is no such element")
        return elements?[index].buffer ?? .empty
    }
}

extension UnsafeRawBufferPointer {
    static var empty: Self { Self(start: nil, count: 0) }
}
