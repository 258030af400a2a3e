internal import FieldsealMessages
public import FieldsealPostgres
public import Logging
public import ServiceLifecycle

/// Brings events from the outbox into the spool, in the order of their positions, one replica at a time.
///
/// A row is deleted after its event is durable in the spool. Where the deletion is lost, by a crash or a broken connection,
/// the event comes again under the same outbox id, perhaps through another replica; the audit service stores an outbox id
/// once. List it in the service group after the trail and the pool.
public final class OutboxRelay: Service, Sendable {
    static let relayLock = "fieldseal audit outbox relay"
    private static let batch = 256

    private let pool: PostgresPool
    private let trail: AuditTrail
    private let logger: Logger

    public init(pool: PostgresPool, trail: AuditTrail, logger: Logger) {
        self.pool = pool
        self.trail = trail
        self.logger = logger
    }

    /// Relays until graceful shutdown: at each notification of an insert, and every 5 seconds besides.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
                wake.yield()
                group.addTask {
                    for await _ in self.pool.notifications(on: [Outbox.channel]) { wake.yield() }
                }
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(5))) != nil { wake.yield() }
                }
                for await _ in wakes { await self.relayAll() }
            }
        }
    }

    private func relayAll() async {
        var count = Self.batch
        while count == Self.batch, !Task.isCancelled {
            do {
                count = try await relay()
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("audit events wait in the outbox", metadata: ["error": "\(error)"])
                return
            }
        }
    }

    /// Moves up to 256 events; answers how many. 0 also where another replica is at it.
    func relay() async throws -> Int {
        try await pool.withTransaction(attempts: 1) { transaction in
            guard try await transaction.tryLockUntilCommit(Self.relayLock) else { return 0 }
            let rows = try await transaction.query(
                "SELECT position, event FROM audit_outbox ORDER BY position LIMIT \(Self.batch)")
            guard !rows.isEmpty else { return 0 }
            var events: [AuditEvent] = []
            var positions: [Int64] = []
            for row in rows {
                let position: Int64 = try row.value("position")
                let content: [UInt8] = try row.value("event")
                guard let event = (try? Proto.Event(decoding: content)).flatMap({ AuditEvent($0) }) else {
                    throw UnreadableRow(position: position)
                }
                events.append(event)
                positions.append(position)
            }
            try await self.trail.record(events)
            // A deletion that is lost brings the events again, which the log knows by their ids.
            _ = try await transaction.pipeline([
                .commitsAsynchronously, "DELETE FROM audit_outbox WHERE position = ANY(\(positions))",
            ])
            return positions.count
        }
    }
}

/// A row that is no event: the table was changed by somebody else. Later rows wait behind it.
private struct UnreadableRow: Error, CustomStringConvertible {
    let position: Int64

    var description: String { "row \(position) of audit_outbox is no event" }
}
