import Testing

@testable import FieldsealHTTP

@Suite struct HTTPBodyTests {
    @Test func bytesAreKeptAsTheyCome() {
        var body = HTTPBody("ab")
        body.append([0, 255])
        body.append(count: 3) { $0.copyBytes(from: [1, 2, 3]) }
        for _ in 0..<1_000 { body.append("0123456789") }
        #expect(Array(body.bytes.prefix(7)) == [97, 98, 0, 255, 1, 2, 3])
        #expect(body.count == 10_007)
        let copy = body
        body.append("x")
        #expect(copy.count == 10_007)
    }

    @Test func aFailedPartAddsNothing() {
        struct Failure: Error {}
        var body = HTTPBody("ab")
        #expect(throws: Failure.self) {
            try body.append(count: 9) { _ throws(Failure) in throw Failure() }
        }
        #expect(body.bytes == [97, 98])
    }

    @Test func headersAreFoundInAnyCase() {
        let response = HTTPResponse(status: 200, headers: [("ETag", "a"), ("etag", "b")])
        #expect(response.header("ETAG") == "a")
        #expect(response.header("x") == nil)
    }
}
