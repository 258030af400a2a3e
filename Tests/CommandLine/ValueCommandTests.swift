import FieldsealMessages
import FieldsealRPC
import Testing

@testable import CommandLineTool

@Suite struct ValueCommandTests {
    /// "Encrypts" by writing the plaintext backwards.
    static let cluster = TestCluster { method, payload in
        switch method {
        case "Encrypt":
            let request = try Proto.EncryptRequest(decoding: payload)
            return Proto.EncryptResponse(
                results: request.items.map { item in
                    item.plaintext == Array("bad".utf8)
                        ? Proto.EncryptResult(outcome: .error(Proto.ItemError(code: 5, message: "unknown field")))
                        : Proto.EncryptResult(
                            outcome: .ciphertext(item.plaintext.reversed()),
                            indexes: item.indexes.map { Array($0.utf8) })
                })
        case "Decrypt":
            let request = try Proto.DecryptRequest(decoding: payload)
            return Proto.DecryptResponse(
                results: request.items.map { Proto.DecryptResult(outcome: .plaintext($0.ciphertext.reversed())) })
        default: throw RPCStatus.unknownMethod
        }
    }

    @Test func encryptsArguments() async throws {
        let (status, output, errors) = try await Self.cluster.runConfigured("encrypt", "users.email", "abc", "def")
        #expect((status, output, errors) == (.done, "cba\nfed\n", ""))
    }

    @Test func encryptsLinesOfStandardInput() async throws {
        let (_, output, _) = try await Self.cluster.runConfigured("encrypt", "users.email", input: "ab\r\n\ncd\n")
        #expect(output == "ba\n\ndc\n")
    }

    @Test func encryptsAllOfStandardInputAsOne() async throws {
        let (_, output, _) = try await Self.cluster.runConfigured(
            "encrypt", "users.email", "--whole", "--form", "binary", input: "ab\n")
        #expect(output == "CmJh\n")
    }

    @Test func printsBlindIndexes() async throws {
        let (_, output, _) = try await Self.cluster.runConfigured("encrypt", "users.email", "ab", "--index", "eq")
        #expect(output == "ba\t6571\n")
        let (_, json, _) = try await Self.cluster.runConfigured(
            "encrypt", "users.email", "ab", "--index", "eq", "--json")
        #expect(json.contains(#""ciphertext": "ba""#) && json.contains(#""eq": "ZXE=""#))
    }

    @Test func oneFailingValueDoesNotHideTheOthers() async throws {
        let (status, output, errors) = try await Self.cluster.runConfigured("encrypt", "users.email", "abc", "bad")
        #expect((status, output) == (.failed, "cba\n"))
        #expect(errors == "fieldseal: value 2: NOT_FOUND: unknown field\n")
    }

    @Test func decrypts() async throws {
        let (status, output, _) = try await Self.cluster.runConfigured("decrypt", "users.email", "cba")
        #expect((status, output) == (.done, "abc\n"))
    }

    @Test func plaintextThatIsNotTextNeedsBase64() async throws {
        let (status, output, errors) = try await Self.cluster.runConfigured(
            "decrypt", "a.b", "/w==", "--form", "binary")
        #expect((status, output) == (.failed, ""))
        #expect(errors.contains("use --base64"))
        let (_, base64, _) = try await Self.cluster.runConfigured(
            "decrypt", "a.b", "/w==", "--form", "binary", "--base64")
        #expect(base64 == "/w==\n")
    }

    @Test func controlCharactersDoNotReachTheTerminal() async throws {
        let (status, output, _) = try await Self.cluster.runConfigured("decrypt", "a.b", "m0[\u{1B}", isTerminal: true)
        #expect((status, output) == (.failed, ""))
        let (_, piped, _) = try await Self.cluster.runConfigured("decrypt", "a.b", "m0[\u{1B}")
        #expect(piped == "\u{1B}[0m\n")
    }

    @Test func passesRecordAndContext() async throws {
        let cluster = TestCluster { _, payload in
            let item = try #require(try Proto.EncryptRequest(decoding: payload).items.first)
            #expect(
                item.recordID?.columns.map(\.value) == [
                    .integer(-42), .text("a:b"), .uuid(Array(0..<16)), .binary([0, 255]), .date(20781),
                ])
            #expect(item.context == [1, 2])
            return Proto.EncryptResponse(results: [Proto.EncryptResult(outcome: .ciphertext([65]))])
        }
        let (status, _, errors) = try await cluster.runConfigured(
            "encrypt", "a.b", "x", "--record=int:-42", "--record", "text:a:b", "--record",
            "uuid:00010203-0405-0607-0809-0a0b0c0d0e0f", "--record", "hex:00ff", "--record", "date:2026-11-24",
            "--context-base64", "AQI=")
        #expect((status, errors) == (.done, ""))
    }

    @Test(arguments: ["42", "int:x", "uuid:1", "hex:0", "date:2026-02-30", "float:1"])
    func refusesRecordsItDoesNotUnderstand(record: String) async throws {
        let (status, _, errors) = try await Self.cluster.runConfigured("encrypt", "a.b", "x", "--record", record)
        #expect(status == .usage)
        #expect(errors.contains("--record"))
    }
}
