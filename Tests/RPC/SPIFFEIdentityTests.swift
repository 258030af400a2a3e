import FieldsealRPC
import Testing

struct SPIFFEIdentityTests {
    @Test(arguments: ["spiffe://fieldseal.local/service/audit", "spiffe://a/b", "spiffe://a-b_c.1/X.y-z_0"])
    func identityIsValid(_ text: String) {
        #expect(SPIFFEIdentity.isValid(Array(text.utf8)))
    }

    @Test(arguments: [
        "", "spiffe://", "spiffe://a", "spiffe://a/", "spiffe:///b", "spiffe://a//b", "spiffe://a/b/", "spiffe://A/b",
        "spiffe://a/./b", "spiffe://a/../b", "spiffe://a/b?c", "spiffe://a:1/b", "spiffe://u@a/b", "https://a/b",
        "SPIFFE://a/b", "spiffe://a/b\0", "spiffe://a/\u{e9}", "spiffe://a/b c", "spiffe://a/*",
    ])
    func identityIsInvalid(_ text: String) {
        #expect(!SPIFFEIdentity.isValid(Array(text.utf8)))
    }

    @Test func lengthIsBounded() {
        let path = String(repeating: "x", count: 2048 - "spiffe://a/".utf8.count)
        #expect(SPIFFEIdentity.isValid(Array("spiffe://a/\(path)".utf8)))
        #expect(!SPIFFEIdentity.isValid(Array("spiffe://a/\(path)x".utf8)))
    }
}
