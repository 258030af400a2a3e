import FieldsealCrypto
import FieldsealCustody
import FieldsealMessages
import FieldsealRPC
import FieldsealSecureMemory
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct UnsealCommandTests {
    /// Format, set of 2 of 3, index, value, checksum.
    static func share(_ index: UInt8) throws -> Share {
        var bytes = [1] + [UInt8](repeating: 0xAB, count: 16) + [2, 3, index] + [UInt8](repeating: index, count: 32)
        bytes += try SHA256.hash(Array("fieldseal/v1 share".utf8) + bytes).prefix(4)
        return try Share(decoding: SecretBytes(copying: bytes))
    }

    /// A sealed service that keeps what it was given.
    final class SealedService: Sendable {
        let pair: KeyAgreementKeyPair
        let shares = Mutex<[UInt8]>([])

        init() throws { pair = try KeyAgreementKeyPair() }

        func answer(_ method: String, _ payload: [UInt8]) throws -> any ProtoMessage {
            if method == "Unseal" {
                let sealed = try Proto.UnsealRequest(decoding: payload).sealedShare
                let share = try Share(sealed: sealed, pair: pair, identity: "spiffe://x/keys", way: .given)
                shares.withLock { $0.append(share.index) }
            } else {
                #expect(method == "ShowUnseal")
            }
            let given = shares.withLock { $0.count }
            return Proto.UnsealResponse(
                sealed: given < 2, recipient: pair.publicKey, setID: [0xAB], threshold: 2, given: UInt32(given % 2))
        }
    }

    @Test func givesAShareSealedToTheService() async throws {
        let service = try SealedService()
        let cluster = TestCluster { try service.answer($0, $1) }
        let text = try TemporaryFile(Self.share(1).text() + "\n")
        let (status, output, errors) = try await cluster.runConfigured("unseal", "--share-file", text.path)
        #expect((status, errors) == (.done, ""))
        #expect(output == "ADDRESS         STATE   SHARES\n127.0.0.1:7402  sealed  1 of 2\n")
        let (_, second, _) = try await cluster.runConfigured(
            "unseal", "--json", input: Self.share(3).text().uppercased(), isTerminal: true)
        #expect(second.contains(#""sealed": false"#))
        #expect(service.shares.withLock { $0 } == [1, 3])
    }

    @Test func progressNeedsNoShare() async throws {
        let service = try SealedService()
        let cluster = TestCluster { try service.answer($0, $1) }
        let (status, output, _) = try await cluster.runConfigured("unseal", "--dry-run")
        #expect(status == .done && output.contains("sealed  0 of 2"))
    }

    @Test(arguments: ["", "\n", "fss1:abc", "my password"])
    func refusesWhatIsNoShare(input: String) async throws {
        let (status, output, errors) = try await TestCluster().runConfigured("unseal", input: input)
        #expect((status, output) == (.usage, ""))
        #expect(errors.contains("share") && !errors.contains("password"))
    }

    @Test func namesTheShareThatIsMistyped() async throws {
        var text = try Self.share(3).text()
        let place = text.index(text.startIndex, offsetBy: 50)
        text.replaceSubrange(place...place, with: text[place] == "a" ? "b" : "a")
        let (status, _, errors) = try await TestCluster().runConfigured("unseal", input: text)
        #expect(status == .usage && errors == "fieldseal: share 3 is mistyped: its checksum does not hold\n")
    }

    @Test func namesTheReplicaThatFails() async throws {
        let (status, _, errors) = try await TestCluster().runConfigured("unseal", input: Self.share(1).text())
        #expect(status == .unreachable && errors.hasPrefix("fieldseal: 127.0.0.1:7402: UNAVAILABLE"))
    }

    @Test func printsSharesOnce() async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.MakeSharesRequest(decoding: payload)
            #expect(method == "MakeShares" && request.name == "people")
            #expect(request.threshold == 2 && request.shares == 3)
            let sealed = try (1...3).map { index in
                try Self.share(index).sealed(to: request.recipient, identity: "spiffe://x/operator", way: .made)
            }
            return Proto.MakeSharesResponse(sealedShares: sealed, setID: [0xAB])
        }
        let (status, output, errors) = try await cluster.runConfigured(
            "master", "shares", "people", "--threshold", "2", "--shares", "3")
        #expect(status == .done && errors.contains("give each to another person"))
        let shares = try (1...3).map { try Self.share($0).text() }
        #expect(output == shares.joined(separator: "\n") + "\n")
    }

    @Test func aDryRunOfSharesOnlyLooks() async throws {
        let cluster = TestCluster { method, _ in
            #expect(method == "ShowMaster")
            return MasterCommandTests.master
        }
        let (status, output, _) = try await cluster.runConfigured(
            "master", "shares", "people", "--threshold", "2", "--shares", "3", "--dry-run")
        #expect(
            (status, output) == (.done, "3 shares would be made, 2 of which unseal. Nothing was changed.\n"))
        let (refused, _, errors) = try await cluster.runConfigured(
            "master", "shares", "main", "--threshold", "2", "--shares", "3", "--dry-run")
        #expect(refused == .failed && errors.contains("has no shares"))
    }
}
