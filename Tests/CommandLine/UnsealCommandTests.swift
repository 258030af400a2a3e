import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealSecureMemory
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct UnsealCommandTests {
    static let share = [UInt8](0..<57)

    /// A sealed service that keeps what it was given.
    final class SealedService: Sendable {
        let pair: KeyAgreementKeyPair
        let shares = Mutex<[[UInt8]]>([])

        init() throws { pair = try KeyAgreementKeyPair() }

        func answer(_ method: String, _ payload: [UInt8]) throws -> any ProtoMessage {
            if method == "Unseal" {
                let sealed = try Proto.UnsealRequest(decoding: payload).sealedShare
                let share = try pair.open(sealed, identity: "spiffe://x/keys", context: ShareRecipient.context)
                let bytes = share.withUnsafeBytes { Array($0) }
                shares.withLock { $0.append(bytes) }
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
        let text = try TemporaryFile(Base64.encode(Self.share) + "\n")
        let (status, output, errors) = try await cluster.runConfigured("unseal", "--share-file", text.path)
        #expect((status, errors) == (.done, ""))
        #expect(output == "ADDRESS         STATE   SHARES\n127.0.0.1:7402  sealed  1 of 2\n")
        let (_, second, _) = try await cluster.runConfigured(
            "unseal", "--json", input: Base64.encode(Self.share), isTerminal: true)
        #expect(second.contains(#""sealed": false"#))
        #expect(service.shares.withLock { $0 } == [Self.share, Self.share])
    }

    @Test func progressNeedsNoShare() async throws {
        let service = try SealedService()
        let cluster = TestCluster { try service.answer($0, $1) }
        let (status, output, _) = try await cluster.runConfigured("unseal", "--dry-run")
        #expect(status == .done && output.contains("sealed  0 of 2"))
    }

    @Test(arguments: ["", "\n", "not base64 at all"])
    func refusesWhatIsNoShare(input: String) async throws {
        let (status, output, errors) = try await TestCluster().runConfigured("unseal", input: input)
        #expect((status, output) == (.usage, ""))
        #expect(errors.contains("share") && !errors.contains("base64 at all"))
    }

    @Test func namesTheReplicaThatFails() async throws {
        let (status, _, errors) = try await TestCluster().runConfigured("unseal", input: Base64.encode(Self.share))
        #expect(status == .unreachable && errors.hasPrefix("fieldseal: 127.0.0.1:7402: UNAVAILABLE"))
    }

    @Test func printsSharesOnce() async throws {
        let cluster = TestCluster { method, payload in
            let request = try Proto.MakeSharesRequest(decoding: payload)
            #expect(method == "MakeShares" && request.name == "people")
            #expect(request.threshold == 2 && request.shares == 3)
            let sealed = try (0..<3).map { number in
                try KeyAgreement.seal(
                    SecretBytes(copying: [UInt8(number)] + Self.share.dropFirst()), to: request.recipient,
                    identity: "spiffe://x/operator", context: ShareRecipient.context)
            }
            return Proto.MakeSharesResponse(sealedShares: sealed, setID: [0xAB])
        }
        let (status, output, errors) = try await cluster.runConfigured(
            "master", "shares", "people", "--threshold", "2", "--shares", "3")
        #expect(status == .done && errors.contains("give each to another person"))
        let shares = (0..<3).map { Base64.encode([UInt8($0)] + Self.share.dropFirst()) }
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
