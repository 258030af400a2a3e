import Testing

@testable import FieldsealCrypto

struct RecordIdentifierTests {
    private func encoded(_ build: (inout RecordIdentifier) throws -> Void) throws -> String {
        var record = RecordIdentifier()
        try build(&record)
        return hexString(record.bytes)
    }

    @Test func encodings() throws {
        #expect(try encoded { try $0.append(integer: 42) } == "0100000008000000000000002a")
        #expect(try encoded { try $0.append(integer: -1) } == "0100000008ffffffffffffffff")
        #expect(try encoded { try $0.append(text: "42") } == "02000000023432")
        #expect(try encoded { try $0.append(text: "") } == "0200000000")
        let id = try #require(ObjectID("00112233-4455-6677-8899-aabbccddeeff"))
        #expect(try encoded { try $0.append(uuid: id) } == "030000001000112233445566778899aabbccddeeff")
        #expect(
            try encoded { r in try [1, 2].withBytes { b throws(CryptoError) in try r.append(binary: b) } }
                == "04000000020102")
        #expect(try encoded { try $0.append(date: -1) } == "0500000004ffffffff")
        #expect(
            try encoded {
                try $0.append(integer: 1)
                try $0.append(text: "é")
            } == "010000000800000000000000010200000002c3a9")
        #expect(try encoded { _ in } == "")
    }

    @Test(
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0x80]]
            as [[UInt8]])
    func malformedUTF8IsRefused(bytes: [UInt8]) {
        var record = RecordIdentifier()
        #expect(refusal { try bytes.withBytes { b throws(CryptoError) in try record.append(text: b) } } == .text)
        #expect(record.isEmpty)
    }

    @Test func theLimit() throws {
        var record = RecordIdentifier()
        let longest = [UInt8](repeating: 0x61, count: RecordIdentifier.maximumCount - 5)
        try longest.withBytes { b throws(CryptoError) in try record.append(binary: b) }
        #expect(record.bytes.count == RecordIdentifier.maximumCount)
        #expect(refusal { try record.append(date: 0) } == .size)
        record.removeAll()
        #expect(
            refusal { try (longest + [0]).withBytes { b throws(CryptoError) in try record.append(binary: b) } } == .size
        )
        #expect(record.isEmpty)
    }
}

struct IdentifierTests {
    @Test func objectIDs() throws {
        let id = try #require(ObjectID("00112233-4455-6677-8899-AABBCCDDEEFF"))
        #expect(id.description == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(id.bytes == hex("00112233445566778899aabbccddeeff"))
        #expect(ObjectID(bytes: id.bytes) == id)
        #expect(ObjectID(bytes: [1]) == nil)
        for text in [
            "", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
            "0112233-4455-6677-8899-aabbccddeeff0",
        ] {
            #expect(ObjectID(text) == nil)
        }
        let random = ObjectID.random()
        #expect(ObjectID(random.description) == random)
        #expect(Array(random.description)[14] == "4")
        #expect("89ab".contains(Array(random.description)[19]))
        #expect(ObjectID.random() != random)
    }

    @Test func keyVersions() throws {
        let version = try #require(KeyVersion("00000000000000ff"))
        #expect(version.rawValue == 255)
        #expect(version.description == "00000000000000ff")
        #expect(KeyVersion(rawValue: 0) == nil)
        for text in ["", "ff", "0000000000000000", "00000000000000fg", "00000000000000ff0"] {
            #expect(KeyVersion(text) == nil)
        }
    }
}
