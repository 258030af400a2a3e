import Synchronization
import Testing

@testable import FieldsealHTTP

@Suite struct HTTPRetriesTests {
    @Test func anAnswerIsTakenAtOnce() async throws {
        let script = ScriptedTransport([.success(HTTPResponse(status: 404))])
        let response = try await script.caller().call(HTTPRequest(.get, "https://x/"))
        #expect(response.status == 404)
        #expect(script.sleeps == [])
    }

    @Test func transientOutcomesAreTriedAgainUnderFullJitter() async throws {
        let script = ScriptedTransport([
            .failure(HTTPCallError(code: .unreachable, description: "no connection")),
            .success(HTTPResponse(status: 503)), .success(HTTPResponse(status: 200)),
        ])
        let response = try await script.caller(fraction: 0.5).call(HTTPRequest(.get, "https://x/"))
        #expect(response.status == 200)
        #expect(script.sleeps == [.milliseconds(100), .milliseconds(200)])
    }

    @Test(arguments: [429, 500, 502, 503, 504])
    func attemptsAreCounted(status: Int) async throws {
        let script = ScriptedTransport(Array(repeating: .success(HTTPResponse(status: status)), count: 9))
        let response = try await script.caller().call(HTTPRequest(.get, "https://x/"))
        #expect(response.status == status)
        #expect(script.attempts.count == 4)
    }

    @Test(arguments: [400, 401, 403, 404, 501]) func othersAreNot(status: Int) async throws {
        let script = ScriptedTransport([.success(HTTPResponse(status: status))])
        _ = try await script.caller().call(HTTPRequest(.get, "https://x/"))
        #expect(script.attempts.count == 1)
    }

    @Test func theCallerDecidesWhatIsWorthwhile() async throws {
        let script = ScriptedTransport([.success(HTTPResponse(status: 400)), .success(HTTPResponse(status: 200))])
        let retries = HTTPRetries { outcome in
            if case .answered(let response) = outcome { response.status == 400 } else { false }
        }
        let response = try await script.caller().call(HTTPRequest(.get, "https://x/"), retries: retries)
        #expect(response.status == 200)
    }

    @Test func distrustIsNotTriedAgain() async {
        let script = ScriptedTransport([.failure(HTTPCallError(code: .untrusted, description: "handshake"))])
        await #expect(throws: HTTPCallError(code: .untrusted, description: "handshake")) {
            _ = try await script.caller().call(HTTPRequest(.get, "https://x/"))
        }
        #expect(script.attempts.count == 1)
    }

    @Test func retryAfterIsWaitedForInFull() async throws {
        let script = ScriptedTransport([
            .success(HTTPResponse(status: 429, headers: [("Retry-After", "3")])), .success(HTTPResponse(status: 200)),
        ])
        _ = try await script.caller(fraction: 0.5).call(HTTPRequest(.get, "https://x/"))
        #expect(script.sleeps == [.milliseconds(3_100)])
    }

    @Test func nobodyWaitsBeyondTheDeadline() async throws {
        let script = ScriptedTransport([.success(HTTPResponse(status: 429, headers: [("retry-after", "4294967295")]))])
        let response = try await script.caller().call(HTTPRequest(.get, "https://x/"))
        #expect(response.status == 429)
        #expect(script.sleeps == [])
    }

    @Test func attemptsShareTheOverallTime() async throws {
        let script = ScriptedTransport(
            Array(repeating: .failure(HTTPCallError(code: .unreachable, description: "slow")), count: 9),
            duration: .seconds(5))
        await #expect(throws: HTTPCallError.self) {
            _ = try await script.caller().call(
                HTTPRequest(.get, "https://x/"),
                limits: HTTPCaller.Limits(attempt: .seconds(5), overall: .seconds(12)),
                retries: HTTPRetries(maximumAttempts: 9))
        }
        #expect(script.attempts == [.seconds(5), .seconds(5), .seconds(2)])
    }

    @Test(arguments: ["", "-1", "1.5", "99999999999", "Wed, 21 Oct 2015 07:28:00 GMT"])
    func otherFormsOfRetryAfterAreLeftAside(text: String) {
        #expect(HTTPRetries.retryAfter(HTTPResponse(status: 503, headers: [("Retry-After", text)])) == nil)
    }

    @Test func delaysGrowToTheCap() {
        let retries = HTTPRetries()
        let outcome = HTTPRetries.Outcome.answered(HTTPResponse(status: 500))
        #expect(retries.delay(after: 1, outcome: outcome, fraction: 0) == .zero)
        #expect(retries.delay(after: 3, outcome: outcome, fraction: 1) == .milliseconds(800))
        #expect(retries.delay(after: 1_000, outcome: outcome, fraction: 1) == .seconds(5))
    }
}

/// Answers from a script; its clock moves only by attempts and sleeps.
final class ScriptedTransport: HTTPTransport {
    private struct State {
        var now = Duration.zero
        var answers: [Result<HTTPResponse, HTTPCallError>]
        var attempts: [Duration] = []
        var sleeps: [Duration] = []
    }

    private let state: Mutex<State>
    private let duration: Duration

    init(_ answers: [Result<HTTPResponse, HTTPCallError>], duration: Duration = .zero) {
        state = Mutex(State(answers: answers))
        self.duration = duration
    }

    /// The time given to each attempt.
    var attempts: [Duration] { state.withLock { $0.attempts } }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func send(_ request: HTTPRequest, timeout: Duration, maximumCount: Int) async throws(HTTPCallError) -> HTTPResponse
    {
        let answer = state.withLock { state in
            state.attempts.append(timeout)
            state.now += min(duration, timeout)
            return state.answers.isEmpty
                ? .failure(HTTPCallError(code: .unreachable, description: "no more answers"))
                : state.answers.removeFirst()
        }
        return try answer.get()
    }

    func caller(fraction: Double = 0) -> HTTPCaller {
        let pacing = HTTPPacing(
            now: { self.state.withLock { $0.now } },
            sleep: { duration in
                self.state.withLock { state in
                    state.sleeps.append(duration)
                    state.now += duration
                }
            }, fraction: { fraction })
        return HTTPCaller(self, pacing: pacing)
    }
}
