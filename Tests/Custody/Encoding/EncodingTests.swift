import FieldsealHTTP
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite struct EncodingTests {
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
