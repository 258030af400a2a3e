import FieldsealMessages
import FieldsealRPC
import Testing

@testable import KeyManagementService

extension Proto.EpochStatement {
    /// Of an epoch that has just begun.
    static let test = Self.at(1)

    static func at(_ sequence: UInt64, hash: UInt8 = 2, epoch: UInt8 = 1, uses: [Proto.KeyUse] = []) -> Self {
        .init(
            epoch: [UInt8](repeating: epoch, count: 16), sequence: sequence,
            hash: [UInt8](repeating: hash, count: 32), uses: uses)
    }
}

@Suite("Key management witnesses epochs", .enabled(if: TestStore.isConfigured)) struct EpochWitnessTests {
    @Test func whatACallerSaysOfItsEpochIsRecordedOnce() async throws {
        try await withServer { server in
            let later = Proto.EpochStatement.at(9, uses: [.init(version: 5, operation: .encrypt, count: 70)])
            for statement in [.test, later, later, .test] {
                #expect(try await Self.status(server, statement) == nil)
            }
            let events = try await server.events { $0.count(where: { $0.operation == .getAuditHashKey }) == 4 }
                .filter { $0.operation == .witnessEpoch }
            #expect(events.map(\.witnessed) == [.test, later])
            #expect(events.allSatisfy { $0.actor == Recipient.identity && $0.outcome == 0 })
        }
    }

    @Test func nobodyGetsKeysWithoutAnOpenEpoch() async throws {
        try await withServer { server in
            #expect(try await Self.status(server, nil)?.code == .failedPrecondition)
            var tooMany = Proto.EpochStatement.test
            tooMany.uses = Array(repeating: .init(version: 1, operation: .encrypt, count: 1), count: 101)
            for bad in [Proto.EpochStatement(), .at(0), .at(.max), tooMany] {
                #expect(try await Self.status(server, bad)?.code == .invalidArgument)
            }
            let events = try await server.events { $0.count(where: { $0.outcome != 0 }) == 5 }
            #expect(
                events.filter { $0.outcome != 0 }.map(\.cause) == ["no-epoch"] + Array(repeating: "malformed", count: 4)
            )
            #expect(!events.contains { $0.operation == .witnessEpoch })
        }
    }

    @Test func anEpochThatHasTwoPastsGetsNoKeysAndIsRecorded() async throws {
        try await withServer { server in
            let (said, other) = (Proto.EpochStatement.at(3), Proto.EpochStatement.at(3, hash: 7))
            #expect(try await Self.status(server, said) == nil)
            #expect(try await Self.status(server, other)?.code == .failedPrecondition)
            let events = try await server.events { $0.contains { $0.cause == "epoch-contradicted" } }
                .filter { $0.operation == .witnessEpoch }
            #expect(events.map(\.witnessed) == [said, other])
            #expect(events.map(\.outcome) == [0, RPCCode.failedPrecondition.rawValue])
        }
    }

    private func withServer(_ body: @Sendable @escaping (TestServer) async throws -> Void) async throws {
        try await TestStore.with { store in try await TestServer.with(store, body) }
    }

    private static func status(
        _ server: TestServer, _ statement: Proto.EpochStatement?
    ) async throws -> RPCStatus? {
        let recipient = try Recipient().pair.publicKey
        return try await server.status(
            "GetAuditHashKey", Proto.GetAuditHashKeyRequest(recipient: recipient, epoch: statement),
            as: "encryption-service")
    }
}
