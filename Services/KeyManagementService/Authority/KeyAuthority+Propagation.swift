import FieldsealCrypto
import FieldsealPostgres

/// How far a change of the store has reached the processes that hold keys.
///
/// A process that follows no changes is not among the watchers; what it holds from before ends by itself no later than
/// that of a watcher with the same time to live.
struct Propagation: Sendable {
    struct Watcher: Sendable {
        var record: WatcherRecord
        /// It uses nothing any more that the revision ended.
        var hasAcknowledged: Bool
        /// When what it holds from before the revision ends by itself; 0 where it has acknowledged.
        var lapsesUnixUs: Int64
    }

    /// The revision that was asked about.
    var revision: UInt64
    var watchers: [Watcher]

    var isComplete: Bool { watchers.allSatisfy(\.hasAcknowledged) }
}

extension KeyAuthority {
    static let acknowledgementChannel = "fieldseal_key_acknowledgements"
    /// Between the time that a change notes and its commit, at most, in microseconds.
    private static let commitDelay: Int64 = 10_000_000
    /// How long a silent watcher is remembered, in microseconds; longer where its keys live longer.
    private static let memory: Int64 = 3_600_000_000

    /// Who has acknowledged `revision`, nil for the newest, and when the rest lapse. Watchers that held nothing any more
    /// when it was made are left out.
    func propagation(of revision: UInt64? = nil) async throws -> Propagation {
        try await read { reader in
            let newest = try await reader.revision().revision
            let wanted = min(revision ?? newest, newest)
            let told = wanted == 0 ? nil : try await reader.lastTold(upTo: wanted)
            let watchers = try await reader.watchers().compactMap { record -> Propagation.Watcher? in
                guard let told, record.position < told.revision else {
                    return .init(record: record, hasAcknowledged: true, lapsesUnixUs: 0)
                }
                let life = Int64(record.ttlSeconds) * 1_000_000 + Self.commitDelay
                guard record.seenUnixUs + life >= told.changedUnixUs else { return nil }
                return .init(record: record, hasAcknowledged: false, lapsesUnixUs: told.changedUnixUs + life)
            }
            return Propagation(revision: wanted, watchers: watchers)
        }
    }

    /// The same, once all have acknowledged or `wait` is over. Looks again whenever somebody acknowledges.
    func propagation(of revision: UInt64?, waiting wait: Duration) async throws -> Propagation {
        // From before the first look: none is missed between the two.
        let acknowledgements = watch.acknowledgements()
        var found = try await propagation(of: revision)
        guard wait > .zero, !found.isComplete else { return found }
        let asked = found.revision
        let (wakes, continuation) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(2))
        return try await withThrowingTaskGroup { group in
            group.addTask {
                for await _ in acknowledgements { continuation.yield(true) }
            }
            group.addTask {
                try? await Task.sleep(for: wait)
                continuation.yield(false)
            }
            defer { group.cancelAll() }
            for await goesOn in wakes {
                found = try await self.propagation(of: asked)
                if !goesOn || found.isComplete { break }
            }
            return found
        }
    }

    /// Notes that a process begins to follow at `position`.
    func register(_ replica: ObjectID, identity: String, position: UInt64, ttlSeconds: UInt32) async throws {
        try await note(
            replica, identity: identity, position: position, ttlSeconds: ttlSeconds, isAcknowledgement: false)
    }

    /// Notes that a process uses nothing any more that was ended up to `position`.
    ///
    /// - Throws: `KeyServiceError.malformed` for a position that the store has not reached.
    func acknowledge(_ replica: ObjectID, identity: String, position: UInt64, ttlSeconds: UInt32) async throws {
        try await note(replica, identity: identity, position: position, ttlSeconds: ttlSeconds, isAcknowledgement: true)
    }

    private func note(
        _ replica: ObjectID, identity: String, position: UInt64, ttlSeconds: UInt32, isAcknowledgement: Bool
    ) async throws {
        try await withIntegrityKey { keyring in
            // What a crash of the database takes back is told again when the process follows anew.
            try await pool.withTransaction(opening: [.commitsAsynchronously]) { connection, _ in
                let reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
                guard position <= (try await reader.revision().revision) else { throw KeyServiceError.malformed }
                if let known = try await reader.watcher(replica, locked: true), known.identity != identity {
                    throw KeyServiceError.denied
                }
                try await reader.write(
                    WatcherRecord(
                        replica: replica, identity: identity, position: position, seenUnixUs: clock(),
                        ttlSeconds: ttlSeconds))
                if isAcknowledgement { try await connection.notify(Self.acknowledgementChannel) }
            }
        }
    }

    /// Notes that processes still follow, and forgets those that have been silent for long.
    func careForWatchers(following replicas: [ObjectID]) async throws {
        let now = clock()
        try await withIntegrityKey { keyring in
            try await pool.withTransaction { connection in
                let reader = StoreReader(connection: connection, mac: try keyring.rowMAC())
                for replica in replicas {
                    guard var known = try await reader.watcher(replica, locked: true) else { continue }
                    known.seenUnixUs = max(known.seenUnixUs, now)
                    try await reader.write(known)
                }
                try await connection.query(
                    """
                    DELETE FROM key_watchers WHERE seen_at + greatest(2 * ttl_seconds, \(Self.memory / 1_000_000))
                        * interval '1 second' < \(PostgresTimestamp(unixMicroseconds: now))
                    """)
            }
        }
    }

    /// What revisions after `position` tell, in order.
    func keyChanges(after position: UInt64, limit: Int) async throws -> (newest: UInt64, changes: [RevisionNotices]) {
        try await read { reader in
            (try await reader.revision().revision, try await reader.keyChanges(after: position, limit: limit))
        }
    }

    /// Forgets what was told long ago: over seven days, or over 100,000 revisions.
    func pruneKeyChanges() async throws {
        let week = PostgresTimestamp(unixMicroseconds: clock() - 7 * 86_400_000_000)
        try await pool.query(
            """
            DELETE FROM key_changes WHERE revision < greatest(
                (SELECT coalesce(max(revision), 0) FROM key_changes) - 100000,
                (SELECT coalesce(max(revision), 0) FROM key_changes WHERE changed_at < \(week)))
            """)
    }
}
