import CFieldsealProtobuf

/// A borrowed view of an `EncryptRequest`, `DecryptRequest`, `RewrapRequest` or `BlindIndexRequest`: their items are alike.
///
/// The view, and every buffer that is read from it, is valid during the closure of `MessageArena.with…` only.
public struct BatchRequest: ~Escapable {
    /// The number of items.
    public let count: Int
    /// The encoding of the ciphertexts; `binary` for a blind index request, which has none.
    public let encoding: Proto.Encoding
    private let items: Items

    /// The items as protobuf-c holds them; nil where there are none.
    enum Items {
        case encrypt(UnsafeMutablePointer<UnsafeMutablePointer<Fieldseal__V1__EncryptItem>?>?)
        case decrypt(UnsafeMutablePointer<UnsafeMutablePointer<Fieldseal__V1__DecryptItem>?>?)
        case blindIndex(UnsafeMutablePointer<UnsafeMutablePointer<Fieldseal__V1__BlindIndexItem>?>?)
    }

    @_lifetime(immortal)
    init(_ items: Items, count: Int, encoding: Proto.Encoding) {
        self.items = items
        self.count = count
        self.encoding = encoding
    }

    /// The item at `index`, which is less than `count`.
    public subscript(index: Int) -> BatchItem {
        @_lifetime(copy self)
        get {
            precondition(index >= 0 && index < count, "there is no such item")
            switch items {
            case .encrypt(let items): return _overrideLifetime(BatchItem(items?[index]?.pointee), copying: self)
            case .decrypt(let items): return _overrideLifetime(BatchItem(items?[index]?.pointee), copying: self)
            case .blindIndex(let items): return _overrideLifetime(BatchItem(items?[index]?.pointee), copying: self)
            }
        }
    }
}

extension MessageArena {
    /// Unpacks into the arena, hands the view to `body` and resets the arena.
    /// - Throws: `MessageError` before `body` is called, or what `body` returns as its error.
    public func withEncryptRequest<Answer: ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, _ body: (borrowing BatchRequest) throws(MessageError) -> Answer
    ) throws(MessageError) -> Answer {
        defer { reset() }
        let c = try unpack(Proto.EncryptRequest.self, from: bytes).pointee
        return try body(
            BatchRequest(.encrypt(c.items), count: c.n_items, encoding: decodeEnumeration(c.encoding.rawValue)))
    }

    public func withDecryptRequest<Answer: ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, _ body: (borrowing BatchRequest) throws(MessageError) -> Answer
    ) throws(MessageError) -> Answer {
        defer { reset() }
        let c = try unpack(Proto.DecryptRequest.self, from: bytes).pointee
        return try body(
            BatchRequest(.decrypt(c.items), count: c.n_items, encoding: decodeEnumeration(c.encoding.rawValue)))
    }

    public func withRewrapRequest<Answer: ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, _ body: (borrowing BatchRequest) throws(MessageError) -> Answer
    ) throws(MessageError) -> Answer {
        defer { reset() }
        let c = try unpack(Proto.RewrapRequest.self, from: bytes).pointee
        return try body(
            BatchRequest(.decrypt(c.items), count: c.n_items, encoding: decodeEnumeration(c.encoding.rawValue)))
    }

    public func withBlindIndexRequest<Answer: ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, _ body: (borrowing BatchRequest) throws(MessageError) -> Answer
    ) throws(MessageError) -> Answer {
        defer { reset() }
        let c = try unpack(Proto.BlindIndexRequest.self, from: bytes).pointee
        return try body(BatchRequest(.blindIndex(c.items), count: c.n_items, encoding: .binary))
    }
}
