import FieldsealMessages
import FieldsealRPC
import Synchronization
import Testing

@testable import FieldsealClient

@Suite(.timeLimit(.minutes(1))) struct TrialTests {
    @Test func pausesDoubleWithJitterAndEndInTime() {
        var patience = Patience(.seconds(4), now: .seconds(1), deadline: .seconds(100))
        var (now, pauses, source) = (Duration.seconds(1), [Duration](), SystemRandomNumberGenerator())
        while let pause = patience.pause(now: now, using: &source) {
            pauses.append(pause)
            now += pause
        }
        for (pause, longest) in zip(pauses, [50, 100, 200, 400, 800, 1_000, 1_000]) {
            #expect((.milliseconds(longest) / 2 ... .milliseconds(longest)).contains(pause))
        }
        #expect(now <= .seconds(5) && now > .seconds(4))
    }

    @Test(arguments: [(Duration.zero, Duration.seconds(9)), (.seconds(9), .milliseconds(40))])
    func withoutPatienceOrTimeThereIsNoPause(patience: Duration, deadline: Duration) {
        var patience = Patience(patience, now: .zero, deadline: deadline)
        var source = SystemRandomNumberGenerator()
        #expect(patience.pause(now: .zero, using: &source) == nil)
    }

    /// A client whose transport fails as often as said, and a clock whose sleeps take no time.
    private static func client(
        failures: Int, _ status: RPCStatus = .unavailable("away"), patience: Duration = .seconds(10),
        answer: any ProtoMessage = Proto.DecryptResponse(results: [.init(outcome: .plaintext([7]))])
    ) -> (FieldsealClient, RecordingTransport, HandClock) {
        let left = Mutex(failures)
        let encoded = answer.encoded()
        let transport = RecordingTransport { _ throws(RPCStatus) in
            let fails = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { throw status }
            return [encoded]
        }
        let clock = HandClock()
        let slept = ClientClock(
            now: clock.clock.now,
            sleep: {
                try Task.checkCancellation()
                clock.advance(by: $0)
            })
        let client = FieldsealClient(
            encryption: transport, keys: transport, audit: nil, calls: .init(patience: patience), clock: slept)
        return (client, transport, clock)
    }

    @Test func whatIsSafeIsTriedAgainUnderTheSameRequestID() async throws {
        let (client, transport, _) = Self.client(failures: 3)
        #expect(try await client.decryptField("a.b", [1]) == [7])
        #expect(transport.calls.count == 4)
        #expect(Set(transport.calls.map(\.metadata.requestID)).count == 1)
    }

    @Test func patienceEnds() async {
        let (client, transport, clock) = Self.client(failures: .max, patience: .seconds(2))
        await #expect(throws: FieldsealError(.unavailable, "away")) {
            try await client.decrypt([.init(field: "a.b", ciphertext: [1])])
        }
        #expect(transport.calls.count > 4 && clock.clock.now() <= .seconds(2))
    }

    @Test func trialsEndWithTheTimeout() async {
        let (client, _, clock) = Self.client(failures: .max, patience: .seconds(60))
        await #expect(throws: FieldsealError.self) {
            try await client.decryptField("a.b", [1], options: CallOptions(timeout: .seconds(1)))
        }
        #expect(clock.clock.now() <= .seconds(1))
    }

    @Test func withoutPatienceACallIsMadeOnce() async {
        let (client, transport, _) = Self.client(failures: .max, patience: .zero)
        await #expect(throws: FieldsealError.self) { try await client.decryptField("a.b", [1]) }
        #expect(transport.calls.count == 1)
    }

    @Test func theOptionsOfACallTakePrecedence() async throws {
        let (client, transport, _) = Self.client(failures: 1, patience: .zero)
        let options = CallOptions(patience: .seconds(1))
        #expect(try await client.decryptField("a.b", [1], options: options) == [7])
        #expect(transport.calls.count == 2)
    }

    @Test(arguments: [RPCStatus.permissionDenied("no"), .resourceExhausted("full"), .deadlineExceeded, .internal("x")])
    func otherFailuresAreFinal(status: RPCStatus) async {
        let (client, transport, _) = Self.client(failures: .max, status)
        await #expect(throws: FieldsealError(status.code, status.message)) { try await client.decryptField("a.b", [1]) }
        #expect(transport.calls.count == 1)
    }

    @Test func whatChangesKeysIsSentOnce() async {
        let (client, transport, _) = Self.client(failures: .max)
        await #expect(throws: FieldsealError.self) { try await client.rotateKey("a.b") }
        await #expect(throws: FieldsealError.self) { try await client.keys.retire("a.b", version: 1) }
        #expect(transport.calls.count == 2)
    }

    @Test func whatWasNotSentMayAlwaysBeTriedAgain() async throws {
        var status = RPCStatus.unavailable("no connection")
        status.isUnsent = true
        let key = Proto.FieldKeyReference(field: "a.b", version: 4)
        let (client, transport, _) = Self.client(
            failures: 2, status, answer: Proto.RotateKeyResponse(results: [.init(outcome: .key(key))]))
        #expect(try await client.rotateKey("a.b").version == 4)
        #expect(transport.calls.count == 3)
    }

    @Test func itemsThatWaitForAServerAreSentAgainAlone() async throws {
        let round = Mutex(0)
        let transport = RecordingTransport { call throws(RPCStatus) in
            guard let request = try? Proto.DecryptRequest(decoding: call.payload) else { throw .internal("malformed") }
            let isFirst = round.withLock { round in
                round += 1
                return round == 1
            }
            return [
                Proto.DecryptResponse(
                    results: request.items.map { item in
                        let value = item.ciphertext[0]
                        return switch value {
                        case 0: .init(outcome: .error(.init(code: 3, message: "ciphertext rejected")))
                        case 100... where isFirst: .init(outcome: .error(.init(code: 14, message: "keys are away")))
                        default: .init(outcome: .plaintext([value]))
                        }
                    }
                ).encoded()
            ]
        }
        let client = FieldsealClient(
            encryption: transport, keys: nil, audit: nil, calls: .init(patience: .seconds(5)),
            clock: ClientClock(now: { .zero }, sleep: { _ in }))
        let items = [1, 100, 0, 101].map { DecryptItem(field: "a.b", ciphertext: [$0]) }
        let results = try await client.decrypt(items)
        #expect(
            results == [
                .success([1]), .success([100]), .failure(FieldsealError(.invalidArgument, "ciphertext rejected")),
                .success([101]),
            ])
        #expect(transport.calls.count == 2)
        #expect(
            try Proto.DecryptRequest(decoding: transport.calls[1].payload).items.map(\.ciphertext) == [[100], [101]])
    }

    @Test func cancellingEndsThePause() async {
        let transport = RecordingTransport { _ throws(RPCStatus) in throw .unavailable("away") }
        let clock = HandClock()
        let client = FieldsealClient(
            encryption: transport, keys: nil, audit: nil, calls: .init(patience: .seconds(60)), clock: clock.clock)
        let call = Task { try await client.decrypt([DecryptItem(field: "a.b", ciphertext: [1])]) }
        await until { clock.sleepers == 1 }
        call.cancel()
        await #expect(throws: FieldsealError.cancelled) { try await call.value }
        #expect(transport.calls.count == 1)
    }

    @Test func aTraceParentNamesTheTrace() async throws {
        let (client, transport, _) = Self.client(failures: 0)
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        _ = try await client.decryptField("a.b", [1], options: CallOptions().traced(by: header))
        #expect(transport.calls.first?.metadata.traceID?.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(CallOptions().traced(by: "00-zz").traceID == nil)
    }
}
