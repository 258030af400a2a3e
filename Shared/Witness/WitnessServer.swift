public import FieldsealHTTP
public import FieldsealTransparencyLog
public import Logging
public import ServiceLifecycle

/// Serves a witness by HTTP: `POST /add-checkpoint` (C2SP tlog-witness), and nothing else.
public struct WitnessServer: Service {
    private let witness: LogWitness
    private let http: HTTPServer
    private let failures: AsyncStream<WitnessStateError>
    private let logger: Logger

    /// - Parameter port: 0 lets the system choose.
    public init(
        witness: LogWitness, host: String, port: Int,
        limits: HTTPServerLimits = HTTPServerLimits(bodyCount: WitnessLedger.maximumRequest), logger: Logger
    ) {
        (self.witness, self.logger) = (witness, logger)
        let (failures, failed) = AsyncStream.makeStream(of: WitnessStateError.self)
        self.failures = failures
        http = HTTPServer(host: host, port: port, limits: limits, logger: logger) { request in
            Self.answer(request, witness, logger) { failed.yield($0) }
        }
    }

    /// The port in use, once `run()` has bound it.
    public func boundPort() async throws -> Int { try await http.boundPort() }

    /// Until the graceful shutdown.
    /// - Throws: `HTTPServerError` where the address cannot be bound; ``WitnessStateError`` where the state could not be
    ///   written.
    public func run() async throws {
        for (origin, size) in witness.logs {
            logger.notice(
                "watching", metadata: ["log": "\(origin)", "size": "\(size.map(String.init) ?? "not seen yet")"])
        }
        defer { witness.end() }
        try await withThrowingTaskGroup { group in
            group.addTask { try await http.run() }
            group.addTask {
                for await failure in failures { throw failure }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func answer(
        _ request: HTTPServerRequest, _ witness: LogWitness, _ logger: Logger, _ fail: (WitnessStateError) -> Void
    ) -> HTTPResponse {
        guard request.target == "/add-checkpoint" else { return HTTPResponse(status: 404) }
        guard request.method == "POST" else { return HTTPResponse(status: 405, headers: [("Allow", "POST")]) }
        do {
            let answer = try witness.answer(request.body)
            answer.verdict.log(to: logger)
            if let size = answer.verdict.size {
                return HTTPResponse(
                    status: answer.verdict.status, headers: [("Content-Type", "text/x.tlog.size")],
                    body: HTTPBody("\(size)\n"))
            }
            return HTTPResponse(
                status: answer.verdict.status, headers: [("Content-Type", "text/plain; charset=utf-8")],
                body: HTTPBody(answer.cosignature))
        } catch let error as WitnessStateError {
            logger.critical("the state cannot be kept; nothing is cosigned", metadata: ["error": "\(error)"])
            fail(error)
            return HTTPResponse(status: 500)
        } catch {
            logger.error("a request could not be judged", metadata: ["error": "\(error)"])
            return HTTPResponse(status: 500)
        }
    }
}

extension WitnessVerdict {
    /// What strangers send is of no interest; what the log has signed is.
    fileprivate func log(to logger: Logger) {
        let (level, message, checkpoint): (Logger.Level, Logger.Message, Checkpoint?) =
            switch self {
            case .cosign(_, let checkpoint): (.debug, "cosigned", checkpoint)
            case .malformed: (.debug, "refused: malformed", nil)
            case .unsigned: (.debug, "refused: not signed by the log", nil)
            case .unknownLog: (.debug, "refused: of a log that is not watched", nil)
            case .conflict(let size, let checkpoint): (.info, "asked from another size than \(size)", checkpoint)
            case .forked(let checkpoint): (.critical, "the log has signed two trees of one size", checkpoint)
            case .inconsistent(let checkpoint):
                (.critical, "the log has signed a tree that does not continue the one cosigned last", checkpoint)
            }
        let metadata = checkpoint.map { checkpoint in
            ["log": "\(checkpoint.origin)", "size": "\(checkpoint.size)", "root": "\(checkpoint.root)"]
                as Logger.Metadata
        }
        logger.log(level: level, message, metadata: metadata)
    }
}
