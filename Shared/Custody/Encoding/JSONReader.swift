internal import FieldsealCrypto
internal import FieldsealHTTP
internal import FieldsealSecureMemory

/// Reads single values out of a JSON text (RFC 8259) where it lies, so that no parser leaves copies of secrets behind.
///
/// A value is named by the names of the objects around it. What the path does not touch is skipped, not judged; text
/// that is broken before the value gives nil, as does nesting deeper than 32.
struct JSONReader {
    private static let maximumDepth = 32

    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    func string(_ path: String...) -> String? { string(path) }

    func string(_ path: [String]) -> String? {
        guard let raw = rawString(path) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        guard Self.unescape(raw, { bytes.append($0) }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// An integer, also where it is written as a string, as Google and Azure do.
    func integer(_ path: String...) -> Int64? { integer(path) }

    func integer(_ path: [String]) -> Int64? {
        var reader = self
        guard reader.find(path) else { return nil }
        if reader.peek == UInt8(ascii: "\"") { return string(path).flatMap { Int64($0) } }
        let digits = text[reader.position...].prefix { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        guard digits.count <= 20 else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    func isTrue(_ path: String...) -> Bool { isTrue(path) }

    func isTrue(_ path: [String]) -> Bool {
        var reader = self
        return reader.find(path) && text[reader.position...].starts(with: "true".utf8)
    }

    /// A string with its escapes resolved, in locked memory.
    func secret(_ path: String...) throws -> SharedSecret? {
        guard let raw = rawString(path) else { return nil }
        var secret = try SecretBytes(count: raw.count)
        var count = 0
        let isValid = secret.withUnsafeMutableBytes { secret in
            Self.unescape(raw) { byte in
                secret[count] = byte
                count += 1
            }
        }
        guard isValid else { return nil }
        return try secret.withUnsafeBytes {
            SharedSecret(try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])))
        }
    }

    /// What a base64 string stands for, in locked memory.
    func secret(base64 path: String..., alphabet: Base64.Alphabet = .standard) throws -> SharedSecret? {
        guard let raw = rawString(path), let count = Base64.decodedCount(raw, alphabet) else { return nil }
        var secret = try SecretBytes(count: count)
        let isCanonical = secret.withUnsafeMutableBytes { Base64.decode(raw, into: $0, alphabet) }
        return isCanonical ? SharedSecret(secret) : nil
    }

    private func rawString(_ path: [String]) -> UnsafeRawBufferPointer? {
        var reader = self
        guard reader.find(path) else { return nil }
        return reader.takeString()
    }

    /// Moves to the value at `path`.
    private mutating func find(_ path: [String]) -> Bool {
        skipSpace()
        for name in path {
            guard enter(name) else { return false }
        }
        return true
    }

    /// Inside the object that begins here, moves to the value called `name`.
    private mutating func enter(_ name: String) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        while true {
            guard let key = takeString(), take(UInt8(ascii: ":")) else { return false }
            skipSpace()
            if key.elementsEqual(name.utf8) { return true }
            guard skipValue(depth: 1), take(UInt8(ascii: ",")) else { return false }
            skipSpace()
        }
    }

    private mutating func skipValue(depth: Int) -> Bool {
        guard depth <= Self.maximumDepth else { return false }
        skipSpace()
        switch peek {
        case UInt8(ascii: "\""): return takeString() != nil
        case UInt8(ascii: "{"): return skipItems(until: UInt8(ascii: "}"), depth: depth, named: true)
        case UInt8(ascii: "["): return skipItems(until: UInt8(ascii: "]"), depth: depth, named: false)
        default:
            let start = position
            while let byte = peek, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") {
                position += 1
            }
            return position > start
        }
    }

    private mutating func skipItems(until end: UInt8, depth: Int, named: Bool) -> Bool {
        position += 1
        if take(end) { return true }
        while true {
            if named { guard takeString() != nil, take(UInt8(ascii: ":")) else { return false } }
            guard skipValue(depth: depth + 1) else { return false }
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private var peek: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        position += 1
        return true
    }

    /// The bytes between the quotes, escapes as they are.
    private mutating func takeString() -> UnsafeRawBufferPointer? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while let byte = peek {
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return UnsafeRawBufferPointer(rebasing: text[start..<position])
            }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// Hands out the bytes of a raw string, escapes resolved, never more than it has; false where an escape is none.
    private static func unescape(_ raw: UnsafeRawBufferPointer, _ append: (UInt8) -> Void) -> Bool {
        var position = 0
        while position < raw.count {
            let byte = raw[position]
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                append(byte)
                continue
            }
            guard position < raw.count else { return false }
            let kind = raw[position]
            position += 1
            switch kind {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): append(kind)
            case UInt8(ascii: "n"): append(0x0A)
            case UInt8(ascii: "r"): append(0x0D)
            case UInt8(ascii: "t"): append(0x09)
            case UInt8(ascii: "b"): append(0x08)
            case UInt8(ascii: "f"): append(0x0C)
            case UInt8(ascii: "u"):
                // Surrogate pairs do not occur in what providers send.
                let digits = raw[position...].prefix(4)
                guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { return false }
                position += 4
                for byte in String(Character(scalar)).utf8 { append(byte) }
            default: return false
            }
        }
        return true
    }
}

extension HTTPResponse {
    func string(_ path: String...) -> String? { body.withUnsafeBytes { JSONReader($0).string(path) } }

    func integer(_ path: String...) -> Int64? { body.withUnsafeBytes { JSONReader($0).integer(path) } }

    func isTrue(_ path: String...) -> Bool { body.withUnsafeBytes { JSONReader($0).isTrue(path) } }

    /// A time in seconds that an answer gives, within bounds that can be reckoned with.
    func seconds(_ path: String...) -> Int64? {
        body.withUnsafeBytes { JSONReader($0).integer(path) }.flatMap { (0...0xFFFF_FFFF).contains($0) ? $0 : nil }
    }
}
