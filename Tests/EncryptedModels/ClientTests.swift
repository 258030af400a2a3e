import FieldsealClient
import Foundation
import Testing

/// The client over connections as they are in earnest.
extension ClusterTests {
    @Suite struct ClientTests {
        private static let row = RecordID(.integer(7))

        private static func roundTrip(_ client: FieldsealClient, _ text: String) async throws {
            let sealed = try await client.encryptField("users.email", text, recordID: row)
            let opened = try await client.decryptField("users.email", sealed, recordID: row)
            #expect(String(decoding: opened, as: UTF8.self) == text)
        }

        @Test(arguments: [true, false])
        func singleCallsOfTheSameTimeAreAnsweredEach(coalescing: Bool) async throws {
            let client = try Cluster.current.client(.init(coalescing: coalescing))
            try await withThrowingTaskGroup { group in
                for number in 0..<500 { group.addTask { try await Self.roundTrip(client, "\(number)") } }
                try await group.waitForAll()
            }
            await client.shutdown()
        }

        @Test func callersThatLeaveTakeNobodyAlong() async throws {
            let client = try Cluster.current.client()
            try await withThrowingTaskGroup { group in
                for number in 0..<200 {
                    let call = Task { try await Self.roundTrip(client, "\(number)") }
                    if number.isMultiple(of: 3) { call.cancel() }
                    group.addTask {
                        do {
                            try await call.value
                        } catch let error as FieldsealError {
                            #expect(error.code == .cancelled && number.isMultiple(of: 3))
                        }
                    }
                }
                try await group.waitForAll()
            }
            await client.shutdown()
        }

        @Test func anAddressWhereNobodyAnswersIsPassedOver() async throws {
            let client = try Cluster.current.client { configuration in
                configuration.encryption?.addresses.insert(.init(host: "127.0.0.1", port: 1), at: 0)
            }
            for number in 0..<4 { try await Self.roundTrip(client, "\(number)") }
            await client.shutdown()
        }

        @Test func patienceEndsWhereNobodyAnswersAtAll() async throws {
            let client = try Cluster.current.client { configuration in
                configuration.encryption?.addresses = [.init(host: "127.0.0.1", port: 1)]
                configuration.calls.patience = .milliseconds(300)
            }
            let began = ContinuousClock.now
            let error = await #expect(throws: FieldsealError.self) { try await client.rotateKey("users.email") }
            #expect(error?.code == .unavailable)
            // The first pause lasts 25 ms at least.
            #expect(ContinuousClock.now - began >= .milliseconds(25))
            await client.shutdown()
        }
    }
}
