import FieldsealHTTP
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite struct EncodingTests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64IsOfTheStandard(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        let unpadded = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encode(Array(text.utf8), .url) == unpadded)
        #expect(Base64.decode(unpadded, .url) == Array(text.utf8))
    }

    @Test func everyByteSurvivesBase64() {
        let bytes = (0...255).map { UInt8($0) }
        for alphabet in [Base64.Alphabet.standard, .url] {
            for count in 250...256 {
                let part = Array(bytes.suffix(count))
                #expect(Base64.decode(Base64.encode(part, alphabet), alphabet) == part)
            }
        }
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.encode([0xFB, 0xFF], .url) == "-_8")
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "=Zg=", "====", "Zm 9", "Zm-_", "Zg===", "Zm9v\n"])
    func whatIsNotCanonicalBase64IsRefused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "+/8", "Zm9vY"]) func norInURLs(text: String) {
        #expect(Base64.decode(text, .url) == nil)
    }

    /// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    @Test func crc32cIsOfTheStandard() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(CRC32C.checksum((0..<32).reversed().map { UInt8($0) }) == 0x113F_DB5C)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test(
        arguments: [
            (0, "19700101T000000Z", "1970-01-01T00:00:00Z"),
            (1_440_938_160, "20150830T123600Z", "2015-08-30T12:36:00Z"),
            (951_782_400, "20000229T000000Z", "2000-02-29T00:00:00Z"),
            (4_107_542_399, "21000228T235959Z", "2100-02-28T23:59:59Z"),
            (4_107_542_400, "21000301T000000Z", "2100-03-01T00:00:00Z"),
            (-1, "19691231T235959Z", "1969-12-31T23:59:59Z"),
        ] as [(Int64, String, String)])
    func timesAreOfTheCalendar(seconds: Int64, basic: String, extended: String) {
        #expect(CalendarTime.basic(seconds) == basic)
        #expect(CalendarTime.parse(extended) == seconds)
        #expect(CalendarTime.parse(extended.dropLast() + ".123Z") == seconds)
    }

    @Test(arguments: [
        "", "2015-08-30", "2015-08-30T12:36:00", "2015-08-30T12:36:00+02:00", "2015-13-30T12:36:00Z",
        "2015-08-30T24:36:00Z", "2015-08-30 12:36:00Z", "2015-08-30T12:36:0xZ", "2015-08-30T12:36:00xZ",
    ])
    func otherTimesAreNotRead(text: String) { #expect(CalendarTime.parse(text) == nil) }

    @Test func formsAreEncoded() {
        #expect(PercentEncoding.form([("a b", "c&d=é"), ("-._~", "/")]) == "a%20b=c%26d%3D%C3%A9&-._~=%2F")
    }

    @Test func originsHoldNoPathsAndQueries() {
        #expect(ProviderNetwork.origin("https://host:8200/v1/x?token=y") == "https://host:8200")
        #expect(ProviderNetwork.origin("https://host?x") == "https://host")
        #expect(ProviderNetwork.origin("nothing") == "(no URL)")
    }
}
