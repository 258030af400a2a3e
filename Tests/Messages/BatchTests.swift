import FieldsealMessages
import Testing

@Suite struct BatchTests {
    let arena = MessageArena()

    @Test func readsEncryptItemsInPlace() throws {
        let items = try Samples.encrypt.encoded().withUnsafeBytes { bytes in
            try arena.withEncryptRequest(bytes) { request in
                #expect(request.encoding == .text)
                return owned(request)
            }
        }
        #expect(
            items.map {
                Proto.EncryptItem(
                    field: $0.field, plaintext: $0.value, recordID: $0.recordID, context: $0.context,
                    indexes: $0.indexes, subject: $0.subject)
            } == Samples.encrypt.items)
    }

    @Test(arguments: [false, true])
    func readsDecryptAndRewrapItemsInPlace(rewraps: Bool) throws {
        let items = try Samples.decrypt.encoded().withUnsafeBytes { bytes in
            rewraps
                ? try arena.withRewrapRequest(bytes) { owned($0) } : try arena.withDecryptRequest(bytes) { owned($0) }
        }
        #expect(
            items.map {
                Proto.DecryptItem(field: $0.field, ciphertext: $0.value, recordID: $0.recordID, context: $0.context)
            }
                == Samples.decrypt.items)
    }

    @Test func readsBlindIndexItemsInPlace() throws {
        let items = try Samples.blindIndex.encoded().withUnsafeBytes { bytes in
            try arena.withBlindIndexRequest(bytes) { owned($0) }
        }
        #expect(
            items.map { Proto.BlindIndexItem(field: $0.field, plaintext: $0.value, indexes: $0.indexes) }
                == Samples.blindIndex.items)
    }

    @Test(arguments: [[0x0A], [0x10, 0x63]] as [[UInt8]])
    func refusesBeforeTheBodyRuns(encoding: [UInt8]) {
        #expect(throws: MessageError.self) {
            try encoding.withUnsafeBytes { bytes in
                try arena.withEncryptRequest(bytes) { _ in Issue.record("called") }
            }
        }
    }

    @Test func aTextColumnThatIsNotUTF8IsInvalid() throws {
        let item: [UInt8] = [0x0A, 0x07, 0x1A, 0x05, 0x0A, 0x03, 0x12, 0x01, 0xFF]
        let isInvalid = try item.withUnsafeBytes { bytes in
            try arena.withEncryptRequest(bytes) { request in
                if case .invalid? = request[0].recordID?[0] { true } else { false }
            }
        }
        #expect(isInvalid)
    }

    @Test func anArenaServesManyRequests() throws {
        let small = MessageArena(limit: 1 << 20, retained: 1 << 10)
        let encoding = Samples.encrypt.encoded()
        for _ in 0..<1000 {
            let count = try encoding.withUnsafeBytes { try small.withEncryptRequest($0) { $0.count } }
            #expect(count == 3)
        }
    }
}

/// A `BatchItem` that may be kept.
struct OwnedItem {
    var field: String
    var value: [UInt8]
    var context: [UInt8]?
    var recordID: Proto.RecordID?
    var indexes: [String] = []
    var subject: [UInt8] = []
}

func owned(_ request: borrowing BatchRequest) -> [OwnedItem] {
    var items: [OwnedItem] = []
    for index in 0..<request.count {
        let item = request[index]
        var copy = OwnedItem(
            field: String(decoding: item.field, as: UTF8.self), value: [UInt8](item.value),
            context: item.context.map { [UInt8]($0) })
        copy.subject = [UInt8](item.subject)
        if let recordID = item.recordID { copy.recordID = owned(recordID) }
        for index in 0..<item.indexes.count {
            copy.indexes.append(String(decoding: item.indexes[index], as: UTF8.self))
        }
        items.append(copy)
    }
    return items
}

private func owned(_ recordID: borrowing RecordIDView) -> Proto.RecordID {
    var columns: [Proto.KeyColumn] = []
    for index in 0..<recordID.count {
        let value: Proto.KeyColumn.Value? =
            switch recordID[index] {
            case .integer(let value): .integer(value)
            case .text(let bytes): .text(String(decoding: bytes, as: UTF8.self))
            case .uuid(let bytes): .uuid([UInt8](bytes))
            case .binary(let bytes): .binary([UInt8](bytes))
            case .date(let days): .date(days)
            case .invalid: nil
            }
        columns.append(Proto.KeyColumn(value: value))
    }
    return Proto.RecordID(columns: columns)
}
