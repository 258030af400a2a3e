import FieldsealMessages
import Testing

@Suite struct ResultWriterTests {
    @Test(arguments: [0, 1, 126, 127, 128, 300, 16_383, 16_384, 70_000])
    func writesWhatProtobufWouldWrite(count: Int) throws {
        let value = [UInt8](repeating: 0xA5, count: count)
        let index = [UInt8](repeating: 3, count: 32)
        let response = Proto.EncryptResponse(results: [
            Proto.EncryptResult(outcome: .ciphertext(value), indexes: [index, index]),
            Proto.EncryptResult(outcome: .error(Proto.ItemError(code: 3, message: "ciphertext rejected"))),
            Proto.EncryptResult(outcome: .error(Proto.ItemError(code: -1))),
            Proto.EncryptResult(outcome: .ciphertext(value)),
        ])
        let trailing = 2 * ResultSize.index(count: 32)
        let size =
            ResultSize.value(count: count, trailing: trailing)
            + ResultSize.error(code: 3, message: "ciphertext rejected")
            + ResultSize.error(code: -1, message: "") + ResultSize.value(count: count)
        let written = write(size) { writer in
            writer.value(count: count, trailing: trailing).copyBytes(from: value)
            writer.encryptIndex(count: 32).copyBytes(from: index)
            writer.encryptIndex(count: 32).copyBytes(from: index)
            writer.error(code: 3, message: "ciphertext rejected")
            writer.error(code: -1, message: "")
            writer.value(count: count).copyBytes(from: value)
        }
        #expect(written == response.encoded())
    }

    @Test func writesRewrapResults() {
        let response = Proto.RewrapResponse(results: [
            Proto.RewrapResult(outcome: .ciphertext([1, 2]), changed: true),
            Proto.RewrapResult(outcome: .ciphertext([])),
        ])
        let size = ResultSize.value(count: 2, trailing: ResultSize.changed) + ResultSize.value(count: 0)
        let written = write(size) { writer in
            writer.value(count: 2, trailing: ResultSize.changed).copyBytes(from: [1, 2])
            writer.changed()
            _ = writer.value(count: 0)
        }
        #expect(written == response.encoded())
    }

    @Test func writesBlindIndexResults() {
        let response = Proto.BlindIndexResponse(results: [
            Proto.BlindIndexResult(indexes: [[1], [2, 3]]),
            Proto.BlindIndexResult(error: Proto.ItemError(code: 5, message: "unknown field")), Proto.BlindIndexResult(),
        ])
        let trailing = ResultSize.index(count: 1) + ResultSize.index(count: 2)
        let size =
            ResultSize.indexes(trailing: trailing) + ResultSize.error(code: 5, message: "unknown field")
            + ResultSize.indexes(trailing: 0)
        let written = write(size) { writer in
            writer.indexes(trailing: trailing)
            writer.blindIndex(count: 1).copyBytes(from: [1])
            writer.blindIndex(count: 2).copyBytes(from: [2, 3])
            writer.blindIndexError(code: 5, message: "unknown field")
            writer.indexes(trailing: 0)
        }
        #expect(written == response.encoded())
    }

    @Test func aResultCanBeTakenBack() throws {
        let written = write(ResultSize.value(count: 100)) { writer in
            let start = writer.position
            _ = writer.value(count: 100)
            writer.position = start
            writer.error(code: 3, message: "ciphertext rejected")
        }
        let response = Proto.DecryptResponse(results: [
            Proto.DecryptResult(outcome: .error(Proto.ItemError(code: 3, message: "ciphertext rejected")))
        ])
        #expect(written == response.encoded())
    }

    @Test func aBufferThatIsTooSmallStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            var storage: [UInt8] = [0, 0, 0, 0]
            storage.withUnsafeMutableBytes { buffer in
                var writer = ResultWriter(into: buffer)
                _ = writer.value(count: 10)
            }
        }
    }

    private func write(_ size: Int, _ body: (inout ResultWriter) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = ResultWriter(into: UnsafeMutableRawBufferPointer(buffer))
            body(&writer)
            count = writer.position
        }
    }
}
