import FieldsealCrypto
import Testing

@testable import FieldsealCustody

@Suite struct SubjectPublicKeyInfoTests {
    /// RFC 8410, section 10.1.
    static let line = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    static let pem = "-----BEGIN PUBLIC KEY-----\n\(line)\n-----END PUBLIC KEY-----\n"
    static let key: [UInt8] = [
        0x19, 0xBF, 0x44, 0x09, 0x69, 0x84, 0xCD, 0xFE, 0x85, 0x41, 0xBA, 0xC1, 0x67, 0xDC, 0x3B, 0x96,
        0xC8, 0x50, 0x86, 0xAA, 0x30, 0xB6, 0xB6, 0xCB, 0x0C, 0x5C, 0x38, 0xAD, 0x70, 0x31, 0x66, 0xE1,
    ]

    @Test func theExampleOfTheRFCIsRead() throws {
        let der = try #require(Base64.decode(Self.line))
        #expect(Ed25519PublicKey(subjectPublicKeyInfo: der)?.bytes == Self.key)
        for pem in [Self.pem, String(Self.pem.dropLast()), Self.pem.replacing("\n", with: "\r\n")] {
            #expect(Ed25519PublicKey(pem: pem)?.bytes == Self.key)
        }
    }

    @Test func nothingElseIs() throws {
        let der = try #require(Base64.decode(Self.line))
        for count in 0..<der.count { #expect(Ed25519PublicKey(subjectPublicKeyInfo: Array(der[..<count])) == nil) }
        #expect(Ed25519PublicKey(subjectPublicKeyInfo: der + [0]) == nil)
        for position in 0..<12 {
            for bit in 0..<8 {
                var altered = der
                altered[position] ^= 1 << UInt8(bit)
                #expect(Ed25519PublicKey(subjectPublicKeyInfo: altered) == nil, "byte \(position), bit \(bit)")
            }
        }
    }

    @Test(arguments: [
        "", "-----BEGIN PUBLIC KEY-----", line, "\n\(pem)", "\(pem)\n", "\(pem)x", pem.replacing("=", with: ""),
        pem.replacing("PUBLIC", with: "PRIVATE"), pem.replacing("MCow", with: "MCow\n"), pem.replacing("\n", with: ""),
        pem.replacing("\(line)\n", with: ""), pem.replacing("MCow", with: "MCox"),
    ])
    func brokenTextsAreRefused(pem: String) { #expect(Ed25519PublicKey(pem: pem) == nil) }
}
