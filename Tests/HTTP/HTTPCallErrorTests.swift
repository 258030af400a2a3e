import FieldsealHTTP
import Testing

@Suite struct HTTPCallErrorTests {
    @Test func saysWhatItIs() {
        #expect(HTTPCallError(code: .unreachable, description: "no connection").description == "no connection")
    }
}
