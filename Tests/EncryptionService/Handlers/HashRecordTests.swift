import FieldsealMessages
import FieldsealRPC
import Testing

@testable import EncryptionService

@Suite struct HashRecordTests {
    private static func request(_ id: Int64, field: String = "users.email") -> Proto.HashRecordRequest {
        Proto.HashRecordRequest(field: field, recordID: .integer(id))
    }

    private static func failure(
        _ bench: HandlerBench, _ request: Proto.HashRecordRequest, as identity: String = HandlerBench.backend
    ) async -> RPCCode? {
        do {
            let _: Proto.HashRecordResponse = try await bench.call(.hashRecord, request, as: identity)
            return nil
        } catch {
            return (error as? RPCStatus)?.code ?? .unknown
        }
    }

    @Test func theHashIsThatOfTheEventsAndIsRecorded() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            _ = try await bench.encrypt([
                Proto.EncryptItem(field: "users.email", plaintext: [1], recordID: .integer(42))
            ])
            let hash: Proto.HashRecordResponse = try await bench.call(.hashRecord, Self.request(42))
            let sealed = await bench.events(of: .encrypt, items: 1)
            #expect(hash.hash.count == 16 && hash.hash == sealed.first?.recordHashes && hash.keyVersion == 7)
            let events = await bench.events(of: .hashRecord, items: 1)
            #expect(events.map(\.outcome) == [0] && events.first?.recordHashes == hash.hash)
            #expect(events.first?.field == "email" && events.first?.actor == HandlerBench.backend)
            let other: Proto.HashRecordResponse = try await bench.call(.hashRecord, Self.request(43))
            #expect(other.hash != hash.hash)
        }
    }

    @Test func whoeverHasNotTheRightLearnsNothing() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            #expect(await Self.failure(bench, Self.request(42), as: HandlerBench.reader) == .permissionDenied)
            #expect(await Self.failure(bench, Self.request(42, field: "other.email")) == .permissionDenied)
            #expect(bench.source.asked.isEmpty)
            let events = await bench.events(of: .hashRecord, items: 2)
            #expect(Set(events.map(\.cause)) == ["policy"] && events.allSatisfy { $0.recordHashes.isEmpty })
        }
    }

    @Test func aRecordIsWanted() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            #expect(await Self.failure(bench, .init(field: "users.email")) == .invalidArgument)
            #expect(
                await Self.failure(bench, .init(field: "users.email", recordID: .init(columns: [])))
                    == .invalidArgument)
        }
    }

    @Test func whoeverTriesManyIdsIsSlowedDown() async throws {
        try await HandlerBench.run { bench in
            bench.source.addField("users.email")
            for id in 0..<20 { #expect(await Self.failure(bench, Self.request(Int64(id))) == nil) }
            #expect(await Self.failure(bench, Self.request(20)) == .resourceExhausted)
            bench.clock.advance(seconds: 2)
            #expect(await Self.failure(bench, Self.request(20)) == nil)
            #expect(await Self.failure(bench, Self.request(21)) == nil)
            #expect(await Self.failure(bench, Self.request(22)) == .resourceExhausted)
        }
    }
}
