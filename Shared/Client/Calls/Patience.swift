/// How long an unreachable service is tried again. Pauses double from 50 ms up to a second, each cut by up to a half at
/// random, so that clients which lost the same server do not come back together.
struct Patience {
    private let end: Duration
    private var longest = Duration.milliseconds(50)

    /// - Parameters:
    ///   - patience: how long after `now` another trial may begin.
    ///   - deadline: when the call ends in any case.
    init(_ patience: Duration, now: Duration, deadline: Duration) {
        end = min(now + patience, deadline)
    }

    /// How long to wait before the next trial; nil where the time would be over.
    mutating func pause<Source: RandomNumberGenerator>(now: Duration, using source: inout Source) -> Duration? {
        guard now + longest <= end else { return nil }
        defer { longest = min(longest * 2, .seconds(1)) }
        return longest * Double.random(in: 0.5...1, using: &source)
    }
}

/// The trials of one call, within its deadline.
struct Trials {
    private let clock: ClientClock
    private let deadline: Duration
    private var patience: Patience
    private var source = SystemRandomNumberGenerator()

    init(clock: ClientClock, timeout: Duration, patience: Duration) {
        self.clock = clock
        let now = clock.now()
        deadline = now + timeout
        self.patience = Patience(patience, now: now, deadline: deadline)
    }

    /// How long the next trial may take.
    var left: Duration { max(.zero, deadline - clock.now()) }

    /// Waits, and says whether there is time for another trial.
    /// - Throws: `cancelled` where the task is.
    mutating func pause() async throws(FieldsealError) -> Bool {
        guard let pause = patience.pause(now: clock.now(), using: &source) else { return false }
        do {
            try await clock.sleep(pause)
        } catch {
            throw .cancelled
        }
        return true
    }
}

/// The calls whose repetition changes nothing, or nothing more: what only reads, what seals or opens values, and what makes
/// sure that something is there.
enum RepeatableCalls {
    static func contains(service: String, method: String) -> Bool { methods[service]?.contains(method) ?? false }

    private static let methods: [String: Set<String>] = [
        "fieldseal.v1.Encryption": [
            "Encrypt", "Decrypt", "Rewrap", "Rebind", "BlindIndex", "HashRecord", "DescribeField", "DeriveFieldKey",
        ],
        "fieldseal.v1.Keys": [
            "EnsureFieldKey", "GetCatalog", "ListAlerts", "ListKeys", "ShowCensus", "ShowKey", "ShowMaster",
            "ShowPropagation", "ShowSchedule", "ShowUnseal", "Status",
        ],
        "fieldseal.v1.Audit": [
            "Checkpoint", "ListEpochs", "ProveConsistency", "ProveEvent", "Query", "Status", "StoreRevision",
            "SummarizeUse",
        ],
        "fieldseal.v1.Spool": ["Status"],
        "grpc.health.v1.Health": ["Check"],
    ]
}
