import FieldsealRPC
import Testing

struct FrameTests {
    @Test func headerHasTheLayoutOfTheSpecification() throws {
        let bytes = hex("00000102 00000007 01 05")
        let header = try #require(bytes.withUnsafeBytes { FrameHeader($0) })
        #expect(header == FrameHeader(length: 258, stream: 7, kind: .request, flags: [.remoteClosed, .noData]))
        var written = [UInt8](repeating: 0xff, count: 10)
        written.withUnsafeMutableBytes { header.store(into: $0) }
        #expect(written == bytes)
    }

    @Test(arguments: 0..<10) func shortHeaderIsNone(_ count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(bytes.withUnsafeBytes { FrameHeader($0) } == nil)
    }

    @Test func identifierReadsAndWritesHexadecimal() throws {
        let text = "0123456789abcdefFEDCBA9876543210"
        let identifier = try #require(Array(text.utf8).withUnsafeBytes { CallIdentifier(hex: $0) })
        #expect(identifier.description == text.lowercased())
        #expect(identifier.bytes == hex(text))
        #expect(CallIdentifier(high: 1, low: 2).description == "00000000000000010000000000000002")
    }

    @Test(arguments: [
        "", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0", "0123456789abcdef0123456789abcdeg",
    ])
    func malformedIdentifierIsNone(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { CallIdentifier(hex: $0) } == nil)
    }
}
