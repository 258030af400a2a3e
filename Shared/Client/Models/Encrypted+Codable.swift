#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// As a column has it: data, or a text of the text form.
extension Encrypted: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(ciphertext: try StoredBytes(from: decoder).bytes)
    }

    /// - Throws: `EncryptedValueError` for a value that was never sealed.
    public func encode(to encoder: any Encoder) throws {
        let bytes: [UInt8]
        do throws(EncryptedValueError) {
            bytes = try ciphertext
        } catch {
            throw error.of(encoder.codingPath.last?.stringValue)
        }
        try StoredBytes(bytes: bytes).encode(to: encoder)
    }
}

/// The content of a `bytea` or text column.
struct StoredBytes: Codable {
    var bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = (try? container.decode(String.self)).map { Array($0.utf8) }
        if let text, Ciphertext.isText(text) {
            bytes = text
        } else if let data = try? container.decode(Data.self) {
            // In JSON, a text of base64.
            bytes = Array(data)
        } else if let text {
            // Plaintext that was stored before encryption, or nothing of ours: whoever opens it tells.
            bytes = text
        } else {
            bytes = Array(try container.decode(Data.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if Ciphertext.isText(bytes) {
            try container.encode(String(decoding: bytes, as: UTF8.self))
        } else {
            try container.encode(Data(bytes))
        }
    }
}

/// What a ciphertext looks like (Protos/CIPHERTEXT.md).
enum Ciphertext {
    static func has(_ form: CiphertextForm, _ bytes: [UInt8]) -> Bool {
        switch form {
        case .binary: isBinary(bytes)
        case .text: isText(bytes)
        }
    }

    static func isText(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "fs1:".utf8) }

    /// The first byte of a header begins no UTF-8, so that no text looks like one.
    static func isBinary(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 28 && bytes[0] == 0xF5 && (1...6).contains(bytes[1]) && bytes[11] == 0
    }
}
