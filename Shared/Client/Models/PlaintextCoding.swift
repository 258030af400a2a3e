#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How values of one kind become the bytes that are sealed, and back.
public protocol PlaintextCoding: Sendable {
    /// The type of the values.
    associatedtype Plain: Sendable
    /// The name of the encrypted type, for errors.
    static var name: String { get }
    /// Whether plaintext in a column can be told from ciphertext, as a gradual rollout needs.
    static var tellsPlaintext: Bool { get }
    /// The bytes to seal. What it throws is not shown: it may hold the value.
    static func encode(_ plain: Plain) throws -> [UInt8]
    /// The value of bytes that were opened. What it throws is not shown either.
    static func decode(_ bytes: [UInt8]) throws -> Plain
}

extension PlaintextCoding {
    public static var tellsPlaintext: Bool { true }
}

/// Texts as UTF-8.
public enum TextCoding: PlaintextCoding {
    struct NotUTF8: Error {}

    public static var name: String { "EncryptedString" }
    public static func encode(_ plain: String) -> [UInt8] { Array(plain.utf8) }
    public static func decode(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw NotUTF8() }
        return text
    }
}

/// Bytes as they are.
public enum DataCoding: PlaintextCoding {
    public static var name: String { "EncryptedData" }
    public static var tellsPlaintext: Bool { false }
    public static func encode(_ plain: Data) -> [UInt8] { Array(plain) }
    public static func decode(_ bytes: [UInt8]) -> Data { Data(bytes) }
}

/// Codable values as JSON, with keys in order, as `JSONEncoder` writes them otherwise.
public enum JSONCoding<Plain: Codable & Sendable>: PlaintextCoding {
    public static var name: String { "EncryptedJSON" }

    public static func encode(_ plain: Plain) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(plain))
    }

    public static func decode(_ bytes: [UInt8]) throws -> Plain {
        try JSONDecoder().decode(Plain.self, from: Data(bytes))
    }
}
