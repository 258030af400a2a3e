/// A text that is encrypted in the database.
public typealias EncryptedString = Encrypted<TextCoding>
/// Bytes that are encrypted in the database.
public typealias EncryptedData = Encrypted<DataCoding>
/// A Codable value that is encrypted, as JSON, in the database.
public typealias EncryptedJSON<Value: Codable & Sendable> = Encrypted<JSONCoding<Value>>

/// A property of a model whose column holds ciphertext.
///
///     var email: EncryptedString
///
///     user.email = "ada@example.org"                     // plain, until beforeInsert has sealed it
///     let address = try user.email.value                 // once afterLoad has opened it
///
/// `EncryptionMiddleware` seals and opens. Where a value is coded (`Codable`, and so database rows and JSON), its ciphertext is;
/// a value that was never sealed refuses to be. Descriptions, `dump` and mirrors show `<encrypted>` alone.
public struct Encrypted<Coding: PlaintextCoding>: Sendable {
    /// What the application sees: `String`, `Data`, or a Codable value.
    public typealias Value = Coding.Plain

    /// What a value is in.
    public enum State: Sendable, Hashable {
        /// Set by the application, and not sealed yet: it cannot be written.
        case plain
        /// As it came from the database: it cannot be read.
        case sealed
        /// Readable, with the ciphertext that it has in its row.
        case opened
        /// The service did not open it, or what it opened is no such value. Reading it throws why; writing it leaves the
        /// ciphertext as it was.
        case failed
    }

    enum Content: Sendable {
        case plain(Value)
        case sealed([UInt8])
        case opened(Value, [UInt8], ValueBinding)
        case failed([UInt8], EncryptedValueError)
    }

    var content: Content

    /// A value that `EncryptionMiddleware.beforeInsert` will seal.
    public init(_ value: Value) { content = .plain(value) }

    /// A value as a column holds it, which `EncryptionMiddleware.afterLoad` will open.
    /// - Parameter ciphertext: the bytes of a `bytea` column, or the UTF-8 of a text column.
    public init(ciphertext: [UInt8]) { content = .sealed(ciphertext) }

    /// Whether it can be read, and whether it can be written.
    public var state: State {
        switch content {
        case .plain: .plain
        case .sealed: .sealed
        case .opened: .opened
        case .failed: .failed
        }
    }

    /// The plaintext.
    public var value: Value {
        get throws(EncryptedValueError) {
            switch content {
            case .plain(let value), .opened(let value, _, _): return value
            case .sealed: throw EncryptedValueError(.notOpened)
            case .failed(_, let error): throw error
            }
        }
    }

    /// What belongs into the column: binary, or the UTF-8 of the text form.
    public var ciphertext: [UInt8] {
        get throws(EncryptedValueError) {
            switch content {
            case .plain: throw EncryptedValueError(.notSealed)
            case .sealed(let bytes), .opened(_, let bytes, _), .failed(let bytes, _): return bytes
            }
        }
    }

    /// Changes the value in place; the next `beforeInsert` seals it.
    public mutating func update<Result>(_ change: (inout Value) throws -> Result) throws -> Result {
        var changed = try value
        let result = try change(&changed)
        content = .plain(changed)
        return result
    }
}

extension Encrypted: ExpressibleByUnicodeScalarLiteral, ExpressibleByExtendedGraphemeClusterLiteral,
    ExpressibleByStringLiteral
where Coding == TextCoding {
    public init(stringLiteral value: String) { self.init(value) }
}

/// Values that can be read are equal as their plaintexts are, others as their ciphertexts.
extension Encrypted: Equatable where Coding.Plain: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        switch (try? left.value, try? right.value) {
        case (let left?, let right?): left == right
        case (nil, nil): (try? left.ciphertext) == (try? right.ciphertext)
        default: false
        }
    }
}

extension Encrypted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<encrypted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
