import FieldsealMessages
import Testing

@Suite struct CodingTests {
    @Test(arguments: Samples.all.indices)
    func decodesWhatItEncodes(index: Int) throws {
        func check(_ message: some ProtoMessage) throws {
            #expect(try type(of: message).init(decoding: message.encoded()) == message)
        }
        try check(Samples.all[index])
    }

    /// As `protoc --encode=fieldseal.v1.Event` writes it.
    @Test func encodesAsProtobufDoes() throws {
        let event = Proto.Event(
            sequence: 300, firstUnixUs: -1, actor: "a", operation: .decrypt, keyVersion: 1, outcome: -1,
            recordHashes: [255])
        let encoding: [UInt8] = [
            0x08, 0xac, 0x02, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x22, 0x01, 0x61, 0x38,
            0x02,
            0x51, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x58, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x7a,
            0x01, 0xff,
        ]
        #expect(event.encoded() == encoding)
        #expect(try Proto.Event(decoding: encoding) == event)
    }

    @Test func emptyBytesAreTheEmptyMessage() throws {
        #expect(try Proto.EncryptRequest(decoding: []) == Proto.EncryptRequest())
        #expect(Proto.EncryptRequest().encoded() == [])
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(try Proto.Event(decoding: nothing, limit: 1024) == Proto.Event())
    }

    @Test func refusesTextThatIsNotUTF8() {
        #expect(throws: MessageError(.invalidText)) { try Proto.KeyColumn(decoding: [0x12, 0x01, 0xFF]) }
    }

    @Test func keepsZeroBytesInText() throws {
        #expect(try Proto.ItemError(decoding: [0x12, 0x03, 0x61, 0x00, 0x62]).message == "a\0b")
    }

    @Test(arguments: [[0x10, 0x63], [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]] as [[UInt8]])
    func refusesUnknownEnumerationValues(encoding: [UInt8]) {
        #expect(throws: MessageError(.unknownEnumerationValue)) { try Proto.EncryptRequest(decoding: encoding) }
    }

    @Test func skipsUnknownFields() throws {
        #expect(try Proto.ItemError(decoding: [0xFA, 0x07, 0x02, 1, 2, 0x08, 0x05]) == Proto.ItemError(code: 5))
    }

    @Test func theLastChoiceCounts() throws {
        let both: [UInt8] = [0x0A, 0x01, 0x07, 0x12, 0x02, 0x08, 0x03]
        #expect(try Proto.DecryptResult(decoding: both).outcome == .error(Proto.ItemError(code: 3)))
    }

    @Test(arguments: [[0x0A], [0x0A, 0x05, 0x01], [0x0F], [0x00], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
    func refusesMalformedBytes(encoding: [UInt8]) {
        #expect(throws: MessageError(.malformed)) { try Proto.EncryptRequest(decoding: encoding) }
    }

    @Test func aSmallFrameCannotTakeMuchMemory() {
        let frame = (0..<4 << 20).map { UInt8($0 % 2 == 0 ? 0x0A : 0) }
        #expect(throws: MessageError(.tooLarge)) { try Proto.EncryptRequest(decoding: frame, limit: 8 << 20) }
    }
}
