import CFieldsealProtobuf
import FieldsealRPC
import Testing

struct EnvelopeTests {
    private let path = RequestPath(service: "fieldseal.v1.Encryption", method: "Encrypt")

    @Test func emptyRequestHasNothing() throws {
        let request = try DecodedRequest([])
        #expect(request.service.isEmpty && request.method.isEmpty && request.payload.isEmpty)
        #expect(request.timeout == 0 && request.requestID.isZero && request.traceID.isZero)
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 2_097_152])
    func requestComesBack(_ count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let head = RequestHead(
            path: path, timeout: 1_500_000_000, requestID: CallIdentifier(high: 1, low: 0xfeed),
            traceID: CallIdentifier(high: 0xabc, low: 9), parentID: 0x77)
        let request = try DecodedRequest(encode(head, payload))
        #expect(request.service == "fieldseal.v1.Encryption" && request.method == "Encrypt")
        #expect(request.payload == payload)
        #expect(request.timeout == 1_500_000_000)
        #expect(request.requestID == head.requestID && request.traceID == head.traceID)
    }

    @Test func protobufCReadsWhatIsWritten() throws {
        let head = RequestHead(
            path: path, timeout: -5, requestID: CallIdentifier(high: 0xfeed, low: 2),
            traceID: CallIdentifier(high: 3, low: 4), parentID: 5)
        let bytes = encode(head, Array("payload".utf8))
        let unpacked = try #require(ttrpc__request__unpack(nil, bytes.count, bytes))
        defer { ttrpc__request__free_unpacked(unpacked, nil) }
        let request = unpacked.pointee
        #expect(text(request.service) == "fieldseal.v1.Encryption" && text(request.method) == "Encrypt")
        #expect(text(request.payload) == "payload" && request.timeout_nano == -5)
        let entries = (0..<request.n_metadata).compactMap { request.metadata[$0]?.pointee }
        #expect(entries.map { text($0.key) } == ["fieldseal-request-id", "traceparent"])
        #expect(
            entries.map { text($0.value) } == [
                "000000000000feed0000000000000002", "00-00000000000000030000000000000004-0000000000000005-01",
            ])
    }

    @Test func protobufCReadsAStatus() throws {
        let bytes = ResponseEnvelope.encode(.permissionDenied("no right"))
        let unpacked = try #require(ttrpc__response__unpack(nil, bytes.count, bytes))
        defer { ttrpc__response__free_unpacked(unpacked, nil) }
        let status = try #require(unpacked.pointee.status)
        #expect(status.pointee.code == 7 && text(status.pointee.message) == "no right")
    }

    private func text(_ data: ProtobufCBinaryData) -> String {
        String(decoding: UnsafeRawBufferPointer(start: data.data, count: data.len), as: UTF8.self)
    }

    @Test func unknownFieldsAreSkippedAndTheLastOfARepeatedCounts() throws {
        let bytes =
            field(0x0a, [0x61]) + hex("30 01") + hex("39 0102030405060708") + field(0x0a, [0x62]) + hex("45 01020304")
        #expect(try DecodedRequest(bytes).service == "b")
    }

    @Test(arguments: [
        "0a", "0a05 61", "08", "0affffffffffffffffff01", "20 ffffffffffffffffffff01", "0b 0c", "00 01", "2a 02 0a05",
        "0f", "39 0102", "45 01", "f8ffffffffffffffff01 00",
    ])
    func malformedRequestIsRefused(_ text: String) {
        let bytes = hex(text)
        #expect(throws: RPCStatus.invalidArgument("malformed request")) { try DecodedRequest(bytes) }
    }

    @Test func everyPrefixOfARequestIsReadWithoutATrap() {
        let head = RequestHead(path: path, timeout: 9, requestID: CallIdentifier(high: 1, low: 1))
        let bytes = encode(head, [UInt8](repeating: 7, count: 200))
        for count in 0..<bytes.count { _ = try? DecodedRequest(Array(bytes.prefix(count))) }
    }

    @Test func randomBytesAreReadWithoutATrap() {
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0...255) }
            _ = try? DecodedRequest(bytes)
            _ = bytes.withUnsafeBytes { try? ResponseEnvelope(decoding: $0).status }
            _ = bytes.withUnsafeBytes { try? HealthMessage.service(decoding: $0) }
        }
    }

    @Test func metadataIsBounded() throws {
        let entry = metadata("k", "v")
        let most = Array(repeatElement(entry, count: RequestEnvelope.maximumMetadata).joined())
        #expect(throws: Never.self) { try DecodedRequest(most) }
        #expect(throws: RPCStatus.invalidArgument("too much metadata")) { try DecodedRequest(most + entry) }
    }

    @Test func fieldsAreBounded() {
        let bytes = [UInt8](repeatElement([0x30, 0x01], count: 257).joined())
        #expect(throws: RPCStatus.invalidArgument("malformed request")) { try DecodedRequest(bytes) }
    }

    @Test func malformedRequestIDIsRefused() {
        #expect(throws: RPCStatus.invalidArgument("malformed request id")) {
            try DecodedRequest(metadata("fieldseal-request-id", "xyz"))
        }
    }

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01", false),
        ("", false),
    ])
    func traceParentFollowsW3C(_ text: String, _ isAccepted: Bool) throws {
        let trace = try DecodedRequest(metadata("traceparent", text)).traceID
        #expect(
            trace.description == (isAccepted ? "4bf92f3577b34da6a3ce929d0e0e4736" : String(repeating: "0", count: 32)))
    }

    @Test func statusComesBack() throws {
        let bytes = ResponseEnvelope.encode(.unavailable("sealed"))
        let status = try bytes.withUnsafeBytes { try ResponseEnvelope(decoding: $0).status }
        #expect(status == RPCStatus(.unavailable, "sealed"))
    }

    @Test func longMessageIsCut() throws {
        let bytes = ResponseEnvelope.encode(.internal(String(repeating: "𝄞", count: 5000)))
        #expect(bytes.count <= 1040)
        let status = try bytes.withUnsafeBytes { try ResponseEnvelope(decoding: $0).status }
        #expect(status?.message == String(repeating: "𝄞", count: 256))
    }

    @Test(arguments: [
        ("", nil), ("0a00", nil), ("0a020800", nil), ("0a020863", RPCCode.unknown), ("0a020805", .notFound),
    ])
    func statusCodesAreRead(_ text: String, _ code: RPCCode?) throws {
        #expect(try hex(text).withUnsafeBytes { try ResponseEnvelope(decoding: $0).status?.code } == code)
    }

    @Test(arguments: [0, 1, 127, 128, 16_384])
    func responseOverheadIsWhatIsWritten(_ count: Int) throws {
        let overhead = ResponseEnvelope.overhead(payload: count)
        var bytes = [UInt8](repeating: 9, count: overhead + count)
        bytes.withUnsafeMutableBytes { ResponseEnvelope.storeOverhead(payload: count, into: $0) }
        #expect(try bytes.withUnsafeBytes { try ResponseEnvelope(decoding: $0).payload.count } == count)
    }

    @Test func healthMessagesAreRead() throws {
        #expect(try hex("").withUnsafeBytes { try HealthMessage.service(decoding: $0) } == "")
        #expect(try hex("0a0161").withUnsafeBytes { try HealthMessage.service(decoding: $0) } == "a")
        let long = field(0x0a, [UInt8](repeating: 0x61, count: 257))
        #expect(throws: RPCStatus.self) { try long.withUnsafeBytes { try HealthMessage.service(decoding: $0) } }
    }
}

/// The examples of Protos/PROTOCOL.md.
struct ProtocolExampleTests {
    @Test func requestIsAsDocumented() {
        let head = RequestHead(
            path: RequestPath(service: "grpc.health.v1.Health", method: "Check"), timeout: 2_000_000_000)
        let documented = hex(
            """
            0a 15 67 72 70 63 2e 68 65 61 6c 74 68 2e 76 31 2e 48 65 61 6c 74 68
            12 05 43 68 65 63 6b 20 80 a8 d6 b9 07
            """)
        #expect(encode(head, []) == documented && documented.count == 0x24)
    }

    @Test func refusalIsAsDocumented() {
        let documented = hex("0a 0c 08 07 12 08 6e 6f 20 72 69 67 68 74")
        #expect(ResponseEnvelope.encode(.permissionDenied("no right")) == documented)
    }
}
