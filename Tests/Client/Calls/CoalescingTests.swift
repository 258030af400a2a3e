import FieldsealMessages
import FieldsealRPC
import Testing

@testable import FieldsealClient

/// Single calls over a transport that holds each call until the test answers it.
@Suite(.timeLimit(.minutes(1))) struct CoalescingTests {
    private let transport = HeldTransport()
    private let clock = HandClock()

    private func client(_ calls: ClientConfiguration.Calls = .init()) -> FieldsealClient {
        FieldsealClient(encryption: transport, keys: nil, audit: nil, calls: calls, clock: clock.clock)
    }

    private func waiting(_ client: FieldsealClient, _ count: Int) async {
        await until { client.single.callers == count }
    }

    @Test func aThousandCallsAreThreeRequests() async throws {
        let client = client()
        let first = Task { try await client.decryptField("a.b", [9]) }
        await waiting(client, 1)
        try await withThrowingTaskGroup { group in
            for value in 0..<1_000 {
                group.addTask {
                    let bytes = [1, UInt8(value >> 8), UInt8(value & 0xFF)]
                    let opened = try await client.decryptField("a.b", bytes)
                    #expect(opened == bytes)
                }
            }
            await waiting(client, 1_001)
            for number in 0..<3 { try await transport.decrypt(number) }
            try await group.waitForAll()
        }
        #expect(try await first.value == [9])
        #expect(try (0..<transport.calls.count).map(transport.itemCount) == [1, 512, 488])
        #expect(client.single.callers == 0)
    }

    @Test func theDelayBoundsTheWait() async throws {
        let client = client()
        async let first = client.decryptField("a.b", [1])
        await waiting(client, 1)
        async let second = client.decryptField("a.b", [2])
        await until { clock.sleepers == 1 }
        #expect(transport.calls.count <= 1)
        clock.advance(by: .milliseconds(1))
        try await transport.decrypt(1)
        #expect(try await second == [2])
        try await transport.decrypt(0)
        #expect(try await first == [1])
    }

    @Test func anErrorReachesItsCallerAlone() async throws {
        let client = client()
        async let first = client.decryptField("a.b", [1])
        await waiting(client, 1)
        async let good = client.decryptField("a.b", [2])
        async let bad = client.decryptField("a.b", [0])
        await waiting(client, 3)
        try await transport.decrypt(0)
        try await transport.decrypt(1)
        #expect(try await first == [1])
        #expect(try await good == [2])
        do {
            _ = try await bad
            Issue.record("the rejected value was opened")
        } catch {
            #expect(error as? FieldsealError == FieldsealError(.invalidArgument, "ciphertext rejected"))
        }
    }

    @Test func whoIsCancelledTakesNobodyAlong() async throws {
        let client = client()
        async let first = client.decryptField("a.b", [1])
        await waiting(client, 1)
        let (stays, leaves) = (
            Task { try await client.decryptField("a.b", [2]) }, Task { try await client.decryptField("a.b", [3]) }
        )
        await waiting(client, 3)
        try await transport.decrypt(0)
        await until { transport.calls.count == 2 }
        leaves.cancel()
        await #expect(throws: FieldsealError.cancelled) { try await leaves.value }
        try await transport.decrypt(1)
        #expect(try await stays.value == [2])
        #expect(try await first == [1])
        #expect(transport.cancelled.isEmpty && client.single.callers == 0)
    }

    @Test func aBatchThatNobodyWaitsForIsCancelled() async throws {
        let client = client()
        let calls = [1, 2].map { value in Task { try await client.decryptField("a.b", [value]) } }
        await until { transport.calls.count >= 1 && client.single.callers == 2 }
        for call in calls { call.cancel() }
        for call in calls { await #expect(throws: FieldsealError.cancelled) { try await call.value } }
        await until { transport.cancelled.contains(0) }
        await client.shutdown()
        #expect(client.single.callers == 0 && clock.sleepers == 0)
    }

    @Test func aTaskThatIsCancelledBeforeItsCallMakesNone() async {
        let client = client()
        let call = Task {
            await until { Task.isCancelled }
            return try await client.decryptField("a.b", [1])
        }
        call.cancel()
        await #expect(throws: FieldsealError.cancelled) { try await call.value }
        #expect(transport.calls.isEmpty && client.single.callers == 0)
    }

    @Test func aBatchEndsAtTheFirstDeadlineOfItsCalls() async throws {
        let client = client()
        let options = CallOptions(timeout: .seconds(5))
        async let first = client.decryptField("a.b", [1], options: options)
        await until { transport.calls.count == 1 }
        async let second = client.decryptField("a.b", [2], options: options)
        await waiting(client, 2)
        clock.advance(by: .microseconds(150))
        async let third = client.decryptField("a.b", [3], options: options)
        await waiting(client, 3)
        try await transport.decrypt(0)
        try await transport.decrypt(1)
        _ = try await (first, second, third)
        #expect(transport.timeouts == [.seconds(5), .seconds(5) - .microseconds(150)])
    }

    @Test func formTimeoutAndTraceAreNotMixed() async throws {
        let client = client()
        let trace = CallOptions.Identifier(high: 1, low: 2)
        let calls: [(CiphertextForm, CallOptions)] = [
            (.binary, CallOptions()), (.text, CallOptions()), (.binary, CallOptions(timeout: .seconds(1))),
            (.binary, CallOptions(traceID: trace)), (.binary, CallOptions(requestID: trace)),
            (.binary, CallOptions(requestID: trace)),
        ]
        try await withThrowingTaskGroup { group in
            for (form, options) in calls {
                group.addTask { _ = try await client.decryptField("a.b", [1], form: form, options: options) }
            }
            for number in calls.indices { try await transport.decrypt(number) }
            try await group.waitForAll()
        }
        #expect(transport.calls.filter { $0.metadata.traceID == trace }.count == 1)
        #expect(transport.calls.filter { $0.metadata.requestID == trace }.count == 2)
    }

    @Test func switchedOffEachCallIsItsOwn() async throws {
        let client = client(.init(coalescing: false))
        try await withThrowingTaskGroup { group in
            for _ in 0..<5 { group.addTask { _ = try await client.decryptField("a.b", [1]) } }
            for number in 0..<5 { try await transport.decrypt(number) }
            try await group.waitForAll()
        }
        #expect(try (0..<transport.calls.count).map(transport.itemCount) == [1, 1, 1, 1, 1])
    }

    @Test func aFailedRequestFailsItsCallers() async throws {
        let client = client()
        let first = Task { try await client.decryptField("a.b", [1]) }
        await waiting(client, 1)
        let others = (0..<2).map { _ in Task { try await client.decryptField("a.b", [2]) } }
        await waiting(client, 3)
        await transport.answer(0, .failure(.permissionDenied("no")))
        await transport.answer(1, .success(Proto.DecryptResponse().encoded()))
        await #expect(throws: FieldsealError(.permissionDenied, "no")) { try await first.value }
        for call in others { await #expect(throws: FieldsealError.wrongCount) { try await call.value } }
    }

    @Test func shutdownWaitsForWhatGathers() async throws {
        let client = client()
        async let first = client.decryptField("a.b", [1])
        await waiting(client, 1)
        async let second = client.decryptField("a.b", [2])
        await waiting(client, 2)
        async let end: Void = client.shutdown()
        try await transport.decrypt(0)
        try await transport.decrypt(1)
        await end
        #expect(try await first + second == [1, 2])
    }

    @Test func encryptedAndIndexedValuesGoTogetherToo() async throws {
        let client = client()
        let sealed = Task { try await client.encryptField("a.b", "x") }
        await until { transport.calls.count == 1 }
        let others = Task { try await client.encryptField("a.b", "y") }
        await waiting(client, 2)
        let index = Task { try await client.blindIndexField("a.b", [1], index: "equality") }
        await until { transport.calls.count == 2 }
        await transport.answer(1, .success(Proto.BlindIndexResponse(results: [.init(indexes: [[7]])]).encoded()))
        for number in [0, 2] {
            let result = Proto.EncryptResult(outcome: .ciphertext([UInt8(number)]))
            await transport.answer(number, .success(Proto.EncryptResponse(results: [result]).encoded()))
        }
        #expect(try await [sealed.value, others.value, index.value] == [[0], [2], [7]])
    }
}
