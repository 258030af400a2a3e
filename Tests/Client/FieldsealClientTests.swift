import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import Testing

@Suite struct FieldsealClientTests {
    @Test func encryptsAndKeepsTheErrorsOfItems() async throws {
        let transport = RecordingTransport { _ in
            [
                Proto.EncryptResponse(results: [
                    Proto.EncryptResult(outcome: .ciphertext([1]), indexes: [[9]]),
                    Proto.EncryptResult(outcome: .error(Proto.ItemError(code: 5, message: "unknown field"))),
                    Proto.EncryptResult(),
                ]).encoded()
            ]
        }
        let client = FieldsealClient(encryption: transport, keys: nil, audit: nil)
        let items = [
            EncryptItem(
                field: "a.b", text: "x", recordID: RecordID(.integer(1), .text("k")), context: [], indexes: ["i"],
                subject: [7, 8]),
            EncryptItem(field: "a.c", text: "y"), EncryptItem(field: "a.b", text: "z"),
        ]
        let results = try await client.encrypt(items, form: .text)
        #expect(results[0] == .success(SealedValue(ciphertext: [1], indexes: [[9]])))
        #expect(results[1] == .failure(FieldsealError(.notFound, "unknown field")))
        #expect(throws: FieldsealError.self) { try results[2].get() }

        let call = try #require(transport.calls.first)
        #expect(call.service == "fieldseal.v1.Encryption" && call.method == "Encrypt")
        #expect(call.metadata.requestID != nil)
        let request = try Proto.EncryptRequest(decoding: call.payload)
        #expect(request.encoding == .text && request.items.count == 3)
        #expect(request.items[0].context == [] && request.items[1].context == nil && request.items[1].recordID == nil)
        #expect(request.items.map(\.subject) == [[7, 8], [], []])
        #expect(request.items[0].recordID?.columns.map(\.value) == [.integer(1), .text("k")])
    }

    @Test func splitsLargeBatches() async throws {
        let transport = RecordingTransport { call throws(RPCStatus) in
            guard let request = try? Proto.DecryptRequest(decoding: call.payload) else { throw .internal("malformed") }
            let results = request.items.map { Proto.DecryptResult(outcome: .plaintext([$0.ciphertext[0]])) }
            return [Proto.DecryptResponse(results: results).encoded()]
        }
        let client = FieldsealClient(encryption: transport, keys: nil, audit: nil)
        let items = (0..<10).map {
            DecryptItem(field: "a.b", ciphertext: [UInt8](repeating: UInt8($0), count: 700_000))
        }
        let results = try await client.decrypt(items)
        #expect(results == (0..<10).map { .success([UInt8($0)]) })
        #expect(transport.calls.count == 5)
        #expect(transport.calls.allSatisfy { $0.payload.count < FrameHeader.maximumLength })

        let many = [DecryptItem](repeating: DecryptItem(field: "a.b", ciphertext: [7]), count: 12_000)
        #expect(try await client.decrypt(many).count == 12_000)
        #expect(transport.calls.count == 5 + 3)
        #expect(try await client.decrypt([]).isEmpty)
        #expect(transport.calls.count == 5 + 3)
    }

    @Test func refusesAnItemLargerThanAFrame() async {
        let transport = RecordingTransport { _ in [] }
        let client = FieldsealClient(encryption: transport, keys: nil, audit: nil)
        let error = await #expect(throws: FieldsealError.self) {
            try await client.encryptField("a.b", [UInt8](repeating: 0, count: 4 << 20))
        }
        #expect(error?.code == .invalidArgument && error?.isLocal == true)
        #expect(transport.calls.isEmpty)
    }

    @Test func aSingleFieldThrowsItsError() async {
        let rejected = Proto.DecryptResult(outcome: .error(Proto.ItemError(code: 3, message: "ciphertext rejected")))
        let transport = RecordingTransport { _ in [Proto.DecryptResponse(results: [rejected]).encoded()] }
        let client = FieldsealClient(encryption: transport, keys: nil, audit: nil)
        await #expect(throws: FieldsealError(.invalidArgument, "ciphertext rejected")) {
            try await client.decryptField("a.b", [1])
        }
    }

    @Test(arguments: [[], [[0xFF]], [Proto.DecryptResponse().encoded()]] as [[[UInt8]]])
    func aWrongAnswerIsAnError(answer: [[UInt8]]) async {
        let client = FieldsealClient(encryption: RecordingTransport { _ in answer }, keys: nil, audit: nil)
        let error = await #expect(throws: FieldsealError.self) { try await client.decryptField("a.b", [1]) }
        #expect(error?.code == .internal)
    }

    @Test func aStatusIsThrown() async {
        let transport = RecordingTransport { _ throws(RPCStatus) in throw .permissionDenied("not allowed") }
        let client = FieldsealClient(encryption: transport, keys: transport, audit: transport)
        await #expect(throws: FieldsealError(.permissionDenied, "not allowed")) { try await client.rotateKey("a.b") }
        await #expect(throws: FieldsealError(.permissionDenied, "not allowed")) { try await client.keys.status() }
        await #expect(throws: FieldsealError(.permissionDenied, "not allowed")) {
            for try await _ in try client.audit.tail() {}
        }
    }

    @Test func aServiceThatIsNotConfiguredIsNamed() async {
        let client = FieldsealClient(encryption: nil, keys: nil, audit: nil)
        let error = await #expect(throws: FieldsealError.self) { try await client.keys.list() }
        #expect(error?.message.contains("add keys: addresses and identity") == true && error?.isLocal == true)
    }

    @Test func tailsEventByEvent() async throws {
        let page = Proto.QueryResponse(events: [Proto.StoredEvent(index: 1), Proto.StoredEvent(index: 2)]).encoded()
        let last = Proto.QueryResponse(events: [Proto.StoredEvent(index: 3)]).encoded()
        let empty = Proto.QueryResponse().encoded()
        let client = FieldsealClient(
            encryption: nil, keys: nil, audit: RecordingTransport { _ in [page, empty, last] })
        var indexes: [UInt64] = []
        for try await event in try client.audit.tail(after: 0) { indexes.append(event.index) }
        #expect(indexes == [1, 2, 3])
    }
}
