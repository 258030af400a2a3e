import Testing

@testable import FieldsealCrypto

struct TextFormTests {
    private func encode(_ bytes: [UInt8]) throws -> [UInt8] {
        var text = [UInt8](repeating: 0, count: TextForm.encodedCount(byteCount: bytes.count))
        try text.withUnsafeMutableBytes { text in try bytes.withUnsafeBytes { try TextForm.encode($0, into: text) } }
        return text
    }

    private func decode(_ text: [UInt8]) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: TextForm.decodedCount(textCount: text.count) ?? 0)
        try bytes.withUnsafeMutableBytes { bytes in try text.withUnsafeBytes { try TextForm.decode($0, into: bytes) } }
        return bytes
    }

    @Test(
        "RFC 4648, section 10, without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func knownTexts(bytes: String, text: String) throws {
        #expect(try encode(Array(bytes.utf8)) == Array("fs1:\(text)".utf8))
        #expect(try decode(Array("fs1:\(text)".utf8)) == Array(bytes.utf8))
    }

    @Test func everyByteAndLengthComesBack() throws {
        #expect(try encode([0xFB, 0xEF, 0xFF]) == Array("fs1:--__".utf8))
        for count in 0..<260 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
            #expect(try decode(encode(bytes)) == bytes)
        }
    }

    @Test(
        "Other writings of the same value are refused",
        arguments: [
            "", "fs1", "fs2:Zm9v", "FS1:Zm9v", " fs1:Zm9v", "fs1:Zm9v ", "fs1:Zm9v\n", "fs1:Zg==", "fs1:Zm8=", "fs1:Z",
            "fs1:Zh", "fs1:Zm9", "fs1:Zm9vY", "fs1:Zm+v", "fs1:Zm/v", "fs1:Zm9v\0", "fs1:Zm9vé",
        ])
    func refused(text: String) {
        #expect(refusal { _ = try decode(Array(text.utf8)) } == .malformed)
    }

    /// What decodes encodes to the same text: whatever one character becomes, either it is refused or it says another value.
    @Test func oneTextForEachValue() throws {
        for count in [28, 40, 41, 42] {
            let text = try encode((0..<count).map { UInt8($0) })
            for index in text.indices {
                for character in UInt8.min...UInt8.max {
                    var changed = text
                    changed[index] = character
                    guard let bytes = try? decode(changed) else { continue }
                    #expect(try encode(bytes) == changed)
                }
            }
        }
    }

    @Test func theVersionStandsInTheFirstTwentyCharacters() throws {
        let version = try #require(KeyVersion("0123456789abcdef"))
        let header = CiphertextHeader(suite: .aes256GCM, flags: [], version: version)
        let text = try encode(header.bytes + [UInt8](repeating: 0x55, count: 40))
        #expect(try decode(Array(text.prefix(20))) == header.bytes)
    }

    @Test func wrongBufferSizesAreRefused() {
        var output = [UInt8](repeating: 0, count: 3)
        #expect(
            refusal { try output.withMutableBytes { o throws(CryptoError) in try TextForm.encode(.empty, into: o) } }
                == .size)
        #expect(TextForm.decodedCount(textCount: 3) == nil)
        #expect(TextForm.decodedCount(textCount: 5) == nil)
        #expect(TextForm.decodedCount(textCount: -1) == nil)
    }
}
