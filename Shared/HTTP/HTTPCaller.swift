/// Calls over HTTP with bounds on time, size and attempts. Logs nothing.
public struct HTTPCaller: Sendable {
    public struct Limits: Sendable {
        /// For one attempt, from connecting to the answer's last byte.
        public var attempt: Duration
        /// For all attempts and the waiting between them.
        public var overall: Duration
        /// Bytes of the answer's body.
        public var answerCount: Int

        public init(
            attempt: Duration = .seconds(5), overall: Duration = .seconds(15), answerCount: Int = 256 << 10
        ) {
            self.attempt = attempt
            self.overall = overall
            self.answerCount = answerCount
        }
    }

    private let transport: any HTTPTransport
    private let pacing: HTTPPacing

    public init(_ transport: any HTTPTransport, pacing: HTTPPacing = .system) {
        self.transport = transport
        self.pacing = pacing
    }

    /// Calls over the network.
    ///
    /// - Throws: ``HTTPCallError`` `.configuration` that names the file which cannot be used.
    public init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) throws(HTTPCallError) {
        self.init(try NetworkTransport(configuration))
    }

    /// Sends `request` until an outcome is none that `retries` wants another attempt for.
    ///
    /// - Returns: the last answer, whatever its status.
    /// - Throws: the last attempt's ``HTTPCallError`` where there was no answer.
    public func call(
        _ request: HTTPRequest, limits: Limits = Limits(), retries: HTTPRetries = HTTPRetries()
    ) async throws(HTTPCallError) -> HTTPResponse {
        let end = pacing.now() + limits.overall
        var attempt = 1
        while true {
            let outcome = await send(request, limits: limits, until: end)
            guard attempt < retries.maximumAttempts, retries.isWorthwhile(outcome) else { return try outcome.get() }
            let delay = retries.delay(after: attempt, outcome: outcome, fraction: pacing.fraction())
            // No use in waiting for an attempt that has no time left.
            guard pacing.now() + delay < end else { return try outcome.get() }
            do {
                try await pacing.sleep(delay)
            } catch {
                throw HTTPCallError(code: .cancelled, description: "the call was cancelled")
            }
            attempt += 1
        }
    }

    private func send(
        _ request: HTTPRequest, limits: Limits, until end: Duration
    ) async -> HTTPRetries.Outcome {
        do {
            return .answered(
                try await transport.send(
                    request, timeout: min(limits.attempt, end - pacing.now()), maximumCount: limits.answerCount))
        } catch {
            return .failed(error)
        }
    }
}

extension HTTPRetries.Outcome {
    fileprivate func get() throws(HTTPCallError) -> HTTPResponse {
        switch self {
        case .failed(let error): throw error
        case .answered(let response): return response
        }
    }
}
