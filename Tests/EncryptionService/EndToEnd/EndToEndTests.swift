import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import Foundation
import Testing

@testable import EncryptionService

@Suite struct EndToEndTests {
    @Test func aThousandCallsThatMissMakeOneCallAndAllAreAnswered() async throws {
        try await RunningCluster.run { cluster in
            cluster.source.addField("users.email")
            let client = try cluster.client()
            let item = Proto.EncryptItem(field: "users.email", plaintext: Array("x@y.z".utf8), recordID: .integer(5))
            let sealed = try await withThrowingTaskGroup { group in
                for _ in 0..<1_000 {
                    group.addTask {
                        let answer: Proto.EncryptResponse = try await client.call(
                            "Encrypt", Proto.EncryptRequest(items: [item]))
                        return answer.results.first?.ciphertext ?? []
                    }
                }
                return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
            }
            #expect(Set(sealed).count == 1_000)
            #expect(cluster.source.asked.filter { $0 == .active("users.email") }.count == 1)
            let opened: Proto.DecryptResponse = try await client.call(
                "Decrypt",
                Proto.DecryptRequest(
                    items: sealed.map {
                        Proto.DecryptItem(field: "users.email", ciphertext: $0, recordID: .integer(5))
                    }))
            #expect(opened.results.allSatisfy { $0.plaintext == Array("x@y.z".utf8) })
            await client.shutdown()
            let recorded = await cluster.items(of: .encrypt, atLeast: 1_000)
            #expect(recorded == 1_000)
        }
    }

    @Test func keysAreDerivedAndRotatedByKeyManagementInTheCallersName() async throws {
        try await RunningCluster.run { cluster in
            let first = cluster.source.addField("users.email")
            let client = try cluster.client()
            let request = Proto.DeriveFieldKeyRequest(fields: ["users.email", "other.field", "users.none"])
            let derived: Proto.DeriveFieldKeyResponse = try await client.call("DeriveFieldKey", request)
            #expect(derived.results.map(\.version) == [first, nil, nil])
            #expect(derived.results[1].outcome == .error(Proto.ItemError(.denied)))
            #expect(derived.results[2].outcome == .error(Proto.ItemError(.fieldUnknown)))
            #expect(cluster.source.actors == ["\(RunningCluster.domain)/backend"])

            let item = Proto.EncryptItem(field: "users.email", plaintext: [1])
            let before: Proto.EncryptResponse = try await client.call("Encrypt", Proto.EncryptRequest(items: [item]))
            let rotated: Proto.RotateKeyResponse = try await client.call(
                "RotateKey", Proto.RotateKeyRequest(fields: ["users.email"]))
            let after: Proto.EncryptResponse = try await client.call("Encrypt", Proto.EncryptRequest(items: [item]))
            let versions = [before, after].map { Array(($0.results.first?.ciphertext ?? [])[3..<11]) }
            #expect(versions[0] == withUnsafeBytes(of: first.bigEndian) { Array($0) })
            #expect(versions[1] == withUnsafeBytes(of: (rotated.results.first?.version ?? 0).bigEndian) { Array($0) })
            await client.shutdown()
            #expect(await cluster.items(of: .rotateKey, atLeast: 1) == 1)
            #expect(await cluster.items(of: .deriveFieldKey, atLeast: 3) == 3)
        }
    }

    @Test func strangersAndRolesWithoutTheRightAreRefusedAndRecorded() async throws {
        try await RunningCluster.run { cluster in
            cluster.source.addField("users.email")
            let request = Proto.EncryptRequest(items: [Proto.EncryptItem(field: "users.email", plaintext: [1])])
            for name in ["stranger", "reader"] {
                let client = try cluster.client(name)
                await #expect(throws: RPCStatus.self) {
                    let _: Proto.EncryptResponse = try await client.call("Encrypt", request)
                }
                await client.shutdown()
            }
            #expect(await cluster.items(of: .encrypt, atLeast: 2) == 2)
            #expect(!cluster.source.asked.contains(.active("users.email")))
        }
    }

    @Test func keyManagementsRefusalReachesTheItems() async throws {
        try await RunningCluster.run { cluster in
            cluster.source.addField("users.email")
            let client = try cluster.client()
            cluster.source.setOutage(.keysUnavailable)
            let items = [
                Proto.EncryptItem(field: "users.email", plaintext: [1]),
                Proto.EncryptItem(field: "other.field", plaintext: [1]),
            ]
            let failed: Proto.EncryptResponse = try await client.call("Encrypt", Proto.EncryptRequest(items: items))
            #expect(failed.results.map(\.error) == [Proto.ItemError(.keysUnavailable), Proto.ItemError(.denied)])
            cluster.source.setOutage(nil)
            let served: Proto.EncryptResponse = try await client.call("Encrypt", Proto.EncryptRequest(items: items))
            #expect(served.results.map(\.error) == [nil, Proto.ItemError(.denied)])
            await client.shutdown()
        }
    }

    @Test func malformedPayloadsDoNotHarmTheConnection() async throws {
        try await RunningCluster.run { cluster in
            cluster.source.addField("users.email")
            let client = try cluster.client()
            for payload in [[0x0A, 0x7F], [0xFF, 0xFF, 0xFF], [UInt8](repeating: 0x0A, count: 999)] as [[UInt8]] {
                for method in EncryptionMethod.allCases.map(\.descriptor.name) {
                    await #expect(throws: RPCStatus.self) {
                        _ = try await client.unary(
                            service: "fieldseal.v1.Encryption", method: method, payload: payload, timeout: .seconds(20))
                    }
                }
            }
            let request = Proto.EncryptRequest(items: [Proto.EncryptItem(field: "users.email", plaintext: [1])])
            let answer: Proto.EncryptResponse = try await client.call("Encrypt", request)
            #expect(answer.results.first?.ciphertext != nil)
            await client.shutdown()
        }
    }
}

extension RPCClient {
    func call<Answer: ProtoMessage>(_ method: String, _ request: some ProtoMessage) async throws -> Answer {
        try Answer(
            decoding: try await unary(
                service: "fieldseal.v1.Encryption", method: method, payload: request.encoded(), timeout: .seconds(30)))
    }
}

extension RunningCluster {
    /// Items recorded of an operation, once there are as many.
    func items(of operation: Proto.Operation, atLeast count: UInt64) async -> UInt64 {
        while true {
            let recorded = sink.events.filter { $0.operation == operation }.reduce(0) { $0 + $1.count }
            if recorded >= count { return recorded }
            await Task.yield()
        }
    }
}

extension Proto.FieldKeyResult {
    fileprivate var version: UInt64? { if case .key(let key) = outcome { key.version } else { nil } }
}
