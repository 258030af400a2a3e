import FieldsealPostgres
import Glibc
import Logging
import Synchronization
import Testing

@testable import FieldsealAlerts

/// A queue in a database of one test's own, on the server that FIELDSEAL_TEST_POSTGRES names, under a clock that the test
/// turns.
struct AlertDatabase: Sendable {
    static let conninfo = getenv("FIELDSEAL_TEST_POSTGRES").map { String(cString: $0) }
    static var isConfigured: Bool { conninfo != nil }

    let pool: PostgresPool
    let clock = TestClock()
    let log = RecordedLog()

    static func with(_ body: (AlertDatabase) async throws -> Void) async throws {
        let server = try #require(conninfo)
        let name = "alerts_\(UInt64.random(in: 0 ... .max))"
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let administration = try PostgresPool(.init(conninfo: server, maximumConnections: 1), logger: silent)
        try await administration.query("CREATE DATABASE \(identifier: name)")
        let outcome: Result<Void, any Error>
        do {
            let pool = try PostgresPool(
                .init(conninfo: "\(server) dbname=\(name)", maximumConnections: 4, acquireTimeout: .seconds(60)),
                logger: silent)
            try await AlertQueue.migrations.apply(to: pool, logger: silent)
            let database = AlertDatabase(pool: pool)
            outcome = .success(try await body(database))
            await pool.close()
        } catch {
            outcome = .failure(error)
        }
        try await administration.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administration.close()
        try outcome.get()
    }

    func raise(_ alerts: Alert...) async throws {
        try await pool.withTransaction { transaction in
            try await AlertQueue.raise(alerts, unixMicroseconds: clock.now, in: transaction)
        }
    }

    /// Pauses are as long as they can be.
    func delivery(to destinations: any AlertDestination..., policy: DeliveryPolicy = .init()) -> AlertDelivery {
        AlertDelivery(
            destinations, pool: pool, policy: policy, logger: log.logger, clock: { clock.now },
            random: { $0.upperBound })
    }

    func counter(_ column: String, of destination: String) async throws -> Int64 {
        try await pool.query(
            "SELECT \(identifier: column) AS value FROM alert_destinations WHERE name = \(destination)"
        ).single().value("value")
    }
}

final class TestClock: Sendable {
    private let time = Mutex<Int64>(1_800_000_000_000_000)

    var now: Int64 { time.withLock { $0 } }
    func pass(seconds: Int64) { time.withLock { $0 += seconds * 1_000_000 } }
    func pass(days: Int64) { pass(seconds: days * 86_400) }
}

/// What was logged, line by line.
final class RecordedLog: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: Logger.Metadata
        var text: String { "\(message) \(metadata)" }
    }

    private let recorded = Mutex<[Line]>([])

    var lines: [Line] { recorded.withLock { $0 } }
    var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let line = Line(level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:])
            log.recorded.withLock { $0.append(line) }
        }
    }
}

/// Takes notices, or fails as it is told to.
final class TestDestination: AlertDestination {
    let name: String
    let minimumSeverity: Alert.Severity
    private let state = Mutex<(taken: [AlertNotice], attempts: Int, failure: DeliveryFailure?)>(([], 0, nil))

    init(_ name: String = "test", minimumSeverity: Alert.Severity = .info) {
        self.name = name
        self.minimumSeverity = minimumSeverity
    }

    var taken: [AlertNotice] { state.withLock { $0.taken } }
    var texts: [String] { taken.map(\.line) }
    var attempts: Int { state.withLock { $0.attempts } }
    func fail(_ failure: DeliveryFailure?) { state.withLock { $0.failure = failure } }

    func send(_ notice: AlertNotice) async throws(DeliveryFailure) {
        let failure = state.withLock { state in
            state.attempts += 1
            if state.failure == nil { state.taken.append(notice) }
            return state.failure
        }
        if let failure { throw failure }
    }
}

extension Alert {
    static func sample(
        _ text: String, _ severity: Severity = .warning, kind: Kind = .rotationFailed, object: String? = nil
    ) -> Alert {
        Alert(kind, severity, object: object ?? text, text: text)
    }
}
