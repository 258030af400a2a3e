import FieldsealCrypto

/// What is to be done to which version, and when. Pure: the same facts give the same answer on every replica.
enum Schedule {
    enum Action: Sendable, Equatable { case rotate, closeWindow, destroy }

    /// Why something is not done although its time may have come. The raw values are the protocol's.
    enum Wait: String, Sendable {
        case paused
        /// No count says yet that nothing is left under the version.
        case census
        case waitingPeriod = "waiting-period"
        /// Backups of the data may still hold values under it.
        case backups
        /// How long backups live is not declared, so that nothing is destroyed.
        case undeclared
        /// After a failure.
        case retry
        /// Keys are still wrapped under it.
        case children
    }

    struct Entry: Sendable, Equatable {
        var record: KeyRecord
        var action: Action
        /// From when on it is done; while it waits for what has no date, the earliest time.
        var dueUnixUs: Int64
        /// After this it is late.
        var deadlineUnixUs: Int64
        var wait: Wait?
        var failures: Int32 = 0
        var nextAttemptUnixUs: Int64?

        func isDue(atUnixUs now: Int64) -> Bool { wait == nil && now >= dueUnixUs }

        /// What waits for something that only others can bring is not late.
        func isLate(atUnixUs now: Int64) -> Bool {
            switch wait {
            case nil, .paused, .retry: now > deadlineUnixUs
            case .census, .waitingPeriod, .backups, .undeclared, .children: false
            }
        }
    }

    /// What must be known of a version besides its row.
    struct Facts: Sendable {
        /// Nil for a key that is not a field's.
        var field: CatalogField?
        /// The catalog still has what the key belongs to.
        var isLive: Bool
        /// Of a field's key.
        var censuses: [Census] = []
        /// Some key is wrapped under the version.
        var hasChildren = false
        var pauses: [RotationPause] = []
        var note: ScheduleNote?
    }

    /// The grace after which a window or a destruction that waits for nothing is late.
    private static let grace = RotationPolicy.day

    /// Nil where nothing is to be done to the version in its state.
    static func entry(_ record: KeyRecord, _ facts: Facts, _ policy: RotationPolicy, atUnixUs now: Int64) -> Entry? {
        guard var entry = plan(record, facts, policy) else { return nil }
        if entry.wait == nil || entry.wait == .waitingPeriod || entry.wait == .backups {
            // What waits for a date only, waits no longer when it has come.
            if now >= entry.dueUnixUs { entry.wait = nil }
        }
        if let note = facts.note {
            entry.failures = note.failures
            entry.nextAttemptUnixUs = note.nextAttemptUnixUs
            if entry.wait == nil, let next = note.nextAttemptUnixUs, now < next { entry.wait = .retry }
        }
        if entry.wait == nil,
            policy.isPaused || facts.pauses.contains(where: { $0.holds(atUnixUs: now) && $0.concerns(record) })
        {
            entry.wait = .paused
        }
        return entry
    }

    private static func plan(_ record: KeyRecord, _ facts: Facts, _ policy: RotationPolicy) -> Entry? {
        switch record.state {
        case .active: rotation(of: record, facts, policy)
        case .transition: window(of: record, facts, policy)
        case .retired, .compromised: destruction(of: record, facts, policy)
        case .pending, .destroyed: nil
        }
    }

    private static func rotation(of record: KeyRecord, _ facts: Facts, _ policy: RotationPolicy) -> Entry? {
        guard facts.isLive,
            let periods = policy.periods(
                record.object.kind, protection: record.protection, lifecycle: facts.field?.lifecycle)
        else { return nil }
        let life = Int64(periods.rotationDays) * RotationPolicy.day
        // What is spent was due before it was noticed.
        if policy.seals.isSpent(record) {
            return Entry(
                record: record, action: .rotate, dueUnixUs: record.stateUnixUs, deadlineUnixUs: record.stateUnixUs)
        }
        let expiry = record.stateUnixUs + life
        return Entry(
            record: record, action: .rotate, dueUnixUs: expiry - policy.jitter(of: record.version, life: life),
            deadlineUnixUs: expiry)
    }

    private static func window(of record: KeyRecord, _ facts: Facts, _ policy: RotationPolicy) -> Entry? {
        let due = windowEnd(of: record, facts, policy)
        var entry = Entry(record: record, action: .closeWindow, dueUnixUs: due, deadlineUnixUs: due + grace)
        switch record.object.kind {
        case .fek:
            guard let field = facts.field, facts.isLive,
                CensusRules.emptySince(record, lifecycle: field.lifecycle, censuses: facts.censuses) != nil
            else {
                entry.wait = .census
                return entry
            }
        case .master, .dek:
            if facts.hasChildren { entry.wait = .children }
        // A search must find what was written before; a hash, what was recorded before.
        case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: return nil
        }
        return entry
    }

    /// The end of the time for which a version in transition opens values by right.
    static func windowEnd(of record: KeyRecord, _ facts: Facts, _ policy: RotationPolicy) -> Int64 {
        let periods = policy.periods(record.object.kind, protection: nil, lifecycle: facts.field?.lifecycle)
        return record.stateUnixUs + Int64((periods ?? policy.fek).transitionDays) * RotationPolicy.day
    }

    /// All conditions of the specification: nothing left under it by a census that counts, the waiting period without a
    /// refused decrypt, and the backups of the data expired. Keys that only wrap keys have neither rows nor such backups.
    private static func destruction(of record: KeyRecord, _ facts: Facts, _ policy: RotationPolicy) -> Entry? {
        if let order = facts.note?.order, !order.isWanted { return nil }
        let waited = max(
            max(record.stateUnixUs, record.refusedUnixUs ?? 0) + Int64(policy.waitingDays) * RotationPolicy.day,
            // However long it has waited, an order can be undone for a day.
            (facts.note?.order?.unixUs ?? 0) + RotationPolicy.day)
        var entry = Entry(
            record: record, action: .destroy, dueUnixUs: waited, deadlineUnixUs: waited + grace, wait: .waitingPeriod)
        switch record.object.kind {
        case .master, .dek:
            if facts.hasChildren { entry.wait = .children }
        case .fek:
            guard let field = facts.field else { return nil }
            guard let retention = field.lifecycle.backupRetentionDays else {
                // Without an order nobody waits for it.
                guard facts.note?.order != nil else { return nil }
                entry.wait = .undeclared
                return entry
            }
            guard
                let empty = CensusRules.emptySince(record, lifecycle: field.lifecycle, censuses: facts.censuses)
            else {
                entry.wait = .census
                return entry
            }
            let expired = empty + Int64(retention) * RotationPolicy.day
            if expired > entry.dueUnixUs {
                entry.wait = .backups
                entry.dueUnixUs = expired
                entry.deadlineUnixUs = expired + grace
            }
        case .index, .auditHash, .storeIntegrity, .subjectWrapping, .unseal: return nil
        }
        return entry
    }
}
