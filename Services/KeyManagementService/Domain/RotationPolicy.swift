import FieldsealCrypto

/// How long versions live, and what destroying one takes. Times are microseconds since 1970.
struct RotationPolicy: Sendable, Equatable {
    struct Periods: Sendable, Equatable {
        /// Until a version is due for rotation.
        var rotationDays: Int32
        /// For how long a superseded version goes on opening what it wrapped or sealed.
        var transitionDays: Int32
    }

    var master = Periods(rotationDays: 365, transitionDays: 30)
    var dek = Periods(rotationDays: 90, transitionDays: 30)
    var fek = Periods(rotationDays: 30, transitionDays: 30)
    /// How long a version stays retired, with no value under it asked for, before it may be destroyed.
    var waitingDays: Int32 = 30
    /// Rotations are spread over this time before they expire, so that keys made together are not rotated together.
    var jitterHours: Int32 = 24
    var seals = SealLimits()
    /// Nothing is done by schedule, whatever the store says.
    var isPaused = false

    static let day: Int64 = 86_400_000_000
    static let hour: Int64 = 3_600_000_000
    /// Longest time for which an encryption service may go on with what it was granted, whatever is configured now.
    static let longestLease = hour

    /// Nil for keys that are not rotated by schedule: deterministic values are searched by equality, which a rotation
    /// ends; index, audit-hash and integrity keys are not rotated alone.
    func periods(
        _ kind: KeyKind, protection: FieldProtection?, lifecycle: FieldLifecycle? = nil
    ) -> Periods? {
        var periods: Periods
        switch kind {
        case .master: periods = master
        case .dek: periods = dek
        case .fek:
            guard protection?.suite.isDeterministic != true else { return nil }
            periods = fek
        case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: return nil
        }
        if let days = lifecycle?.rotationDays { periods.rotationDays = days }
        if let days = lifecycle?.transitionDays { periods.transitionDays = days }
        return periods
    }

    /// When a version expires that becomes active now; nil: never.
    func expiry(of record: KeyRecord, lifecycle: FieldLifecycle? = nil, from now: Int64) -> Int64? {
        periods(record.object.kind, protection: record.protection, lifecycle: lifecycle)
            .map { now + Int64($0.rotationDays) * Self.day }
    }

    /// The record of a version that becomes active now, with its date.
    func dated(_ record: KeyRecord, lifecycle: FieldLifecycle? = nil, from now: Int64) -> KeyRecord {
        var record = record
        record.expiresUnixUs = expiry(of: record, lifecycle: lifecycle, from: now)
        return record
    }

    /// How long before its expiry a version is rotated: the same for every replica, and at most a tenth of its life.
    func jitter(of version: KeyVersion, life: Int64) -> Int64 {
        let span = min(Int64(jitterHours) * Self.hour, life / 10)
        guard span > 0 else { return 0 }
        // Version ids are random bits.
        return Int64(version.rawValue % UInt64(span))
    }

    /// The pause after so many failures in a row: 5 minutes, doubled each time, up to 6 hours, and up to a quarter more.
    static func pause(afterFailures failures: Int32, of version: KeyVersion) -> Int64 {
        let base = min(5 * 60_000_000 << Int64(min(max(failures, 1), 10) - 1), 6 * hour)
        return base + base / 4_096 * Int64(version.rawValue % 1_024)
    }
}
