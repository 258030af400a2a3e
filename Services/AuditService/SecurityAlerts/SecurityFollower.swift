import FieldsealAlerts
import FieldsealPostgres
import FieldsealServiceRuntime
import Logging

/// Looks at the log behind the place up to which it has been looked at, and moves that place, what the rules remember and the alerts
/// in one transaction: each event is judged once, whatever crashes, and by one replica.
actor SecurityFollower {
    /// Events judged in one transaction.
    static let chunk = 5_000
    private static let tidying: Int64 = 600 * 1_000_000

    private let log: EventLog
    private let publication: Publication
    private let rules: @Sendable () -> SecurityRules
    /// Microseconds within which equal alerts are one.
    private let fold: Int64
    /// Microseconds between two checkpoints while the log does not grow.
    private let idleBeat: Int64
    private let begun: Int64
    private var watch = SecurityWatch()
    /// Up to which event `watch` has seen the log; nil: it is not that of the database.
    private var place: Int64?
    private var tidied: Int64

    init(
        log: EventLog, publication: Publication, fold: Int64 = AlertQueue.standardFold, idleBeat: Int64,
        rules: @escaping @Sendable () -> SecurityRules
    ) {
        (self.log, self.publication, self.fold, self.idleBeat, self.rules) = (log, publication, fold, idleBeat, rules)
        begun = log.clock()
        tidied = begun
    }

    /// Judges what is new, as much as is read at once. Answers whether there may be more.
    func follow() async throws -> Bool {
        let rules = rules()
        let published = rules.checkpointNotCosigned == nil ? nil : try await publication.newest()?.signedAt ?? 0
        let (last, isFull) = try await log.pool.withTransaction { connection in
            let standing = try await standing(connection)
            if place != standing.lastEvent { watch = try await SecurityWatch.stored(connection) }
            // Should the transaction fail, what is remembered is not what is stored.
            place = nil
            if standing.isNew { watch.revoked = try await SecurityWatch.revocations(connection) }
            let now = log.clock()
            var tally = AlertTally()
            let events = try await ObservedEvent.stored(after: standing.lastEvent, limit: Self.chunk, connection)
            for event in events.list { watch.observe(event, rules, now: now, into: &tally) }
            if rules.logGap != nil {
                for finding in try await WatchedFindings.take(connection) { tally.add(finding) }
            }
            var told = standing.lateCheckpoint
            if let rule = rules.checkpointNotCosigned, let published,
                let alert = CheckpointLateness.alert(
                    published: published, idleBeat: idleBeat, begun: begun, now: now, told: told, rule)
            {
                tally.add(alert)
                told = published
            }
            if now - tidied > Self.tidying {
                watch.tidy(now: now)
                tidied = now
            }
            let last = events.last ?? standing.lastEvent
            if last != standing.lastEvent || told != standing.lateCheckpoint || standing.isNew {
                try await connection.query(
                    "UPDATE audit_watch SET last_event = \(last), late_checkpoint_unix_us = \(told)")
            }
            let changes = watch.takeChanges()
            if !changes.isEmpty { _ = try await connection.pipeline(changes) }
            try await AlertQueue.raise(tally.all, unixMicroseconds: now, fold: fold, in: connection)
            return (last, events.isFull)
        }
        place = last
        return isFull
    }

    private struct Standing {
        var lastEvent: Int64
        var lateCheckpoint: Int64?
        /// The log has not been looked at before: what it held until now is no news.
        var isNew = false
    }

    /// Locks the place in the log until the transaction ends.
    private func standing(_ connection: PostgresConnection) async throws -> Standing {
        let select: PostgresQuery = "SELECT last_event, late_checkpoint_unix_us FROM audit_watch FOR UPDATE"
        var rows = try await connection.query(select)
        var isNew = false
        if rows.isEmpty {
            let made = try await connection.query(
                """
                INSERT INTO audit_watch (last_event) SELECT coalesce(max(index), 0) FROM audit_events
                ON CONFLICT DO NOTHING
                """)
            isNew = made.affected == 1
            rows = try await connection.query(select)
        }
        let row = try rows.single()
        return Standing(
            lastEvent: try row.value("last_event"), lateCheckpoint: try row.optional("late_checkpoint_unix_us"),
            isNew: isNew)
    }
}
