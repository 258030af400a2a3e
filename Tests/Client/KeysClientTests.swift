import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import Testing

@Suite struct KeysClientTests {
    private func client(_ answers: [any ProtoMessage]) -> FieldsealClient {
        let messages = answers.map { $0.encoded() }
        return FieldsealClient(encryption: nil, keys: RecordingTransport { _ in messages }, audit: nil)
    }

    @Test func aBackupEndsWithItsLastPart() async throws {
        let client = client([
            Proto.BackupChunk(data: [1]), Proto.BackupChunk(data: [2], last: true, revision: 7),
            Proto.BackupChunk(data: [3]),
        ])
        var data: [UInt8] = []
        var revision: UInt64 = 0
        for try await chunk in try client.keys.backup() {
            data += chunk.data
            revision = chunk.revision
        }
        #expect(data == [1, 2] && revision == 7)
    }

    @Test func aBackupWithoutItsLastPartIsNone() async throws {
        let client = client([Proto.BackupChunk(data: [1]), Proto.BackupChunk(data: [2])])
        let error = await #expect(throws: FieldsealError.self) {
            for try await _ in try client.keys.backup() {}
        }
        #expect(error?.code == .dataLoss)
    }

    @Test func sharesThatAreMissingAreAnError() async throws {
        let client = client([Proto.MakeSharesResponse(sealedShares: [[1], [2]])])
        let error = await #expect(throws: FieldsealError.self) {
            try await client.keys.makeShares(for: "people", threshold: 2, shares: 3, recipient: [])
        }
        #expect(error?.code == .internal)
    }

    @Test(
        arguments: [
            (.zero, 0), (.milliseconds(250), 250), (.seconds(60), 10_000), (.seconds(-1), 0),
        ] as [(Duration, UInt32)])
    func waitsNoLongerThanTheServiceDoes(wait: Duration, expected: UInt32) async throws {
        let transport = RecordingTransport { _ in [Proto.ShowPropagationResponse(revision: 3).encoded()] }
        let client = FieldsealClient(encryption: nil, keys: transport, audit: nil)
        _ = try await client.keys.propagation(of: 3, wait: wait)
        let request = try Proto.ShowPropagationRequest(decoding: try #require(transport.calls.first).payload)
        #expect(request.waitMs == expected && request.revision == 3)
    }

    @Test func manyRotationsKeepTheirErrors() async throws {
        let client = client([
            Proto.RotateManyResponse(results: [
                Proto.RotatedKey(name: "a", type: .dek, result: .init(outcome: .key(.init(version: 5)))),
                Proto.RotatedKey(
                    name: "a.b", type: .fek, result: .init(outcome: .error(.init(code: 7, message: "no")))),
                Proto.RotatedKey(name: "a.c", type: .fek),
            ])
        ])
        let rotated = try await client.keys.rotate(under: "a")
        #expect(rotated.map(\.name) == ["a", "a.b", "a.c"])
        #expect(try rotated[0].result.get().version == 5)
        #expect(rotated[1].result == .failure(FieldsealError(.permissionDenied, "no")))
        #expect(throws: FieldsealError.self) { try rotated[2].result.get() }
    }
}
