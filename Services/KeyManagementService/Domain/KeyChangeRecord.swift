import FieldsealCrypto

/// What one revision of the store changed for encryption services: a row of `key_changes`. Every revision has one, which
/// names the one before, so that a missing one is noticed.
struct KeyChangeRecord: Sendable, Equatable {
    var revision: UInt64
    var previous: UInt64
    var changedUnixUs: Int64
    /// The notices, encoded as a `KeyChanges` message; empty where there are none.
    var changes: [UInt8]

    var canonical: CanonicalRow {
        var row = CanonicalRow(table: "key_changes", revision: revision)
        row.append("previous", Int64(clamping: previous))
        row.append("changed_at", changedUnixUs)
        row.append("changes", changes)
        return row
    }
}

/// One process of an encryption service that follows the changes: a row of `key_watchers`.
struct WatcherRecord: Sendable, Equatable {
    /// Made by the process, 16 random bytes.
    var replica: ObjectID
    /// As its certificate states it.
    var identity: String
    /// The revision that it has acknowledged: what was revoked up to it is in no memory of the process.
    var position: UInt64
    /// When it was last known to follow.
    var seenUnixUs: Int64
    /// How long it may use a granted key.
    var ttlSeconds: UInt32

    var canonical: CanonicalRow {
        var row = CanonicalRow(table: "key_watchers", revision: position)
        row.append("replica", replica)
        row.append("identity", identity)
        row.append("seen_at", seenUnixUs)
        row.append("ttl_seconds", Int64(ttlSeconds))
        return row
    }
}
