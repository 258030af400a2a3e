import FieldsealCrypto
import Logging
import ServiceLifecycle
import Synchronization

/// Loads keys that are missed, once however many miss them, and refreshes those in use ahead of their end.
///
/// Misses come from event loops and are answered by callbacks. While key management is out of reach, cached keys serve
/// until their time is over; after that every load fails.
final class KeyLoader: Service, Sendable {
    typealias Completion = @Sendable (LoadedKeys) -> Void

    /// One call's wait for all that it asked for; guarded by the loader's lock.
    private final class Wait: @unchecked Sendable {
        var open: Int
        var loaded = LoadedKeys()
        let completion: Completion

        init(open: Int, completion: @escaping Completion) {
            self.open = open
            self.completion = completion
        }
    }

    /// A call's wait for one selector.
    private struct Seat {
        let wait: Wait
        /// Seals that it needs of an active key.
        let seals: Int
        /// The cache has no key for it, or none that is new enough.
        var needsKey: Bool
        /// How often it found too few seals.
        var rounds = 0
    }

    private struct State {
        var flights: SingleFlight<KeySelector, Seat>
        var unknown: NegativeCache<KeySelector, ItemFailure>
        var refreshed: NegativeCache<KeySelector, Bool>
        var budget: MissBudget
    }

    enum Answer {
        case key(FieldKeyEntry)
        case subject(SubjectKeyEntry)
        case hashKey
        case failure(ItemFailure)
    }

    let source: any KeySource
    let store: FieldKeyStore
    let clock: any BootClock
    let limits: Limits
    let logger: Logger
    /// Of the stream of changes; nil: it is not followed, and nothing depends on it.
    let signs: SignsOfLife?
    private let state: Mutex<State>
    private let work: BackgroundWork
    /// Whether calls can be recorded with their record hashes; told after each round of care.
    private let readiness: @Sendable (Bool) -> Void

    init(
        source: any KeySource, store: FieldKeyStore, work: BackgroundWork, clock: any BootClock,
        limits: Limits = Limits(), logger: Logger, signs: SignsOfLife? = nil,
        readiness: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        self.source = source
        self.store = store
        self.work = work
        self.clock = clock
        self.limits = limits
        self.logger = logger
        self.signs = signs
        self.readiness = readiness
        state = Mutex(
            State(
                flights: SingleFlight(flightLimit: limits.flights, waiterLimit: limits.waiters),
                unknown: NegativeCache(capacity: limits.negativeCapacity, ttl: limits.negativeTTL),
                refreshed: NegativeCache(capacity: limits.flights, ttl: limits.refreshInterval),
                budget: MissBudget(
                    burst: limits.missBurst, perSecond: limits.missesPerSecond, identityLimit: limits.identities)))
    }

    /// Loads what the cache does not hold.
    ///
    /// - Parameters:
    ///   - missing: keys, and seals of active ones.
    ///   - identity: whose miss budget pays for the loads that this call starts.
    ///   - maximumAge: of an active key that the cache holds, in nanoseconds; an older one is loaded again.
    ///   - completion: called once, on any thread, when every selector has its answer; possibly before `load` returns.
    func load(
        _ missing: MissingKeys, identity: String, maximumAge: UInt64? = nil, completion: @escaping Completion
    ) {
        let now = clock.now()
        let wait = Wait(open: missing.selectors.count + 1, completion: completion)
        let (started, finished) = state.withLock { state in
            var started: [KeySelector] = []
            for selector in missing.selectors {
                let cached = Self.cached(selector, in: store, at: now, maximumAge: maximumAge)
                let seat = Seat(wait: wait, seals: missing.seals[selector] ?? 0, needsKey: cached == nil)
                switch Self.decide(selector, cached, seat, identity: identity, now: now, state: &state) {
                case .answer(let answer): Self.settle(wait, selector, answer)
                case .start: started.append(selector)
                case .join: break
                }
            }
            wait.open -= 1
            return (started, wait.open == 0)
        }
        enqueue(started)
        if finished { completion(wait.loaded) }
    }

    /// (Call, selector) pairs that wait.
    var waiting: Int { state.withLock { $0.flights.waiting } }

    private enum Decision {
        case answer(Answer)
        case start
        case join
    }

    private static func cached(
        _ selector: KeySelector, in store: FieldKeyStore, at now: BootTime, maximumAge: UInt64?
    ) -> Answer? {
        if selector == .auditHash { return store.auditHash(at: now).map { _ in .hashKey } }
        if selector.subject != nil { return store.subject(for: selector, at: now).map { .subject($0) } }
        guard let entry = store.entry(for: selector, at: now) else { return nil }
        if selector.isActive, let maximumAge, now.elapsed(since: entry.lifetime.requested) > maximumAge { return nil }
        return .key(entry)
    }

    private static func decide(
        _ selector: KeySelector, _ cached: Answer?, _ seat: Seat, identity: String, now: BootTime, state: inout State
    ) -> Decision {
        if let cached, let answer = answer(seat, selector, cached, at: now) { return .answer(answer) }
        if let reason = state.unknown.reason(for: selector, at: now) { return .answer(.failure(reason)) }
        if state.flights.isUnderWay(selector) {
            return state.flights.join(selector, waiter: seat) == .join ? .join : .answer(.failure(.loadLimit))
        }
        // A key whose seals are used up was not missed.
        guard cached != nil || state.budget.spend(identity: identity, at: now) else {
            return .answer(.failure(.missBudget))
        }
        return state.flights.join(selector, waiter: seat) == .start ? .start : .answer(.failure(.loadLimit))
    }

    /// Takes the seals that the call needs.
    /// - Returns: nil where it has to wait for them.
    private static func answer(_ seat: Seat, _ selector: KeySelector, _ answer: Answer, at now: BootTime) -> Answer? {
        guard seat.seals > 0, case .key(let entry) = answer, let budget = entry.seals else { return answer }
        guard budget.take(seat.seals) else { return budget.isExhausted(at: now) ? .failure(.versionExhausted) : nil }
        seat.wait.loaded.seals[selector] = ReservedSeals(seat.seals, of: budget)
        return answer
    }

    private static func settle(_ wait: Wait, _ selector: KeySelector, _ answer: Answer) {
        switch answer {
        case .key(let entry): wait.loaded.entries[selector] = entry
        case .subject(let entry): wait.loaded.subjects[selector] = entry
        case .hashKey: break
        case .failure(let failure): wait.loaded.failures[selector] = failure
        }
        wait.open -= 1
    }

    private func enqueue(_ selectors: [KeySelector]) {
        var rest = selectors[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(limits.selectorsPerCall))
            rest = rest.dropFirst(batch.count)
            if !work.submit({ await self.fetch(batch) }) { land(batch.map { ($0, .failure(.loadLimit)) }) }
        }
    }

    /// Asks for one batch and hands out the answers.
    private func fetch(_ batch: [KeySelector]) async {
        let fields = batch.filter { $0 != .auditHash && $0.subject == nil }
        let subjects = batch.filter { $0.subject != nil }
        var answers: [(KeySelector, Answer)] = []
        if batch.contains(.auditHash) { answers.append((.auditHash, await fetchHashKey())) }
        if !fields.isEmpty { answers += await fieldAnswers(to: fields) }
        if !subjects.isEmpty { answers += await fetchSubjectKeys(subjects) }
        land(answers)
    }

    func keep(_ material: FieldKeyMaterial, answering selector: KeySelector, requested: BootTime) -> FieldKeyEntry? {
        let entry = FieldKeyEntry(
            material: material, lifetime: lifetime(material.ttl, requested: requested), seals: seals(of: material))
        // What only a rewrap may use goes with the call that asked for it.
        guard !material.isCompromised else { return entry }
        let kept = KeySelector(field: selector.field, version: selector.version)
        return store.insert(entry, answering: kept, at: clock.now()) ? entry : nil
    }

    func keep(_ material: SubjectKeyMaterial, answering selector: KeySelector, requested: BootTime) -> SubjectKeyEntry?
    {
        let entry = SubjectKeyEntry(
            key: material.key, successor: material.successor, lifetime: lifetime(material.ttl, requested: requested))
        // What only a rewrap may use goes with the call that asked for it.
        guard material.successor == nil else { return entry }
        var kept = selector
        kept.forRewrap = false
        return store.insert(entry, answering: kept, at: clock.now()) ? entry : nil
    }

    func refuse(_ selector: KeySelector, _ failure: ItemFailure) -> Answer {
        if failure.isLasting {
            store.remove(selector)
            let now = clock.now()
            state.withLock { $0.unknown.insert(selector, reason: failure, at: now) }
        }
        return .failure(failure)
    }

    func fetchHashKey() async -> Answer {
        for _ in 0..<Self.attempts {
            let requested = clock.now()
            do throws(ItemFailure) {
                let material = try await source.auditHashKey()
                let entry = AuditHashEntry(
                    material: material, lifetime: lifetime(material.ttl, requested: requested))
                if store.insert(entry) { return .hashKey }
            } catch {
                logger.warning("the audit hash key was not loaded", metadata: ["cause": "\(error.cause)"])
                return .failure(error)
            }
        }
        return .failure(.keysConflict)
    }

    func lifetime(_ ttl: UInt32, requested: BootTime) -> CacheLifetime {
        CacheLifetime(requested: requested, ttl: min(ttl, limits.ttl), spread: .random(in: .min ... .max))
    }

    private func land(_ answers: [(KeySelector, Answer)]) {
        let now = clock.now()
        let (finished, again) = state.withLock { state in
            var finished: [Wait] = []
            var again: [KeySelector] = []
            for (selector, answer) in answers {
                for seat in state.flights.land(selector) {
                    var settled = Self.answer(seat, selector, answer, at: now)
                    if settled == nil {
                        switch Self.waitOn(seat, selector, &state) {
                        case .start: again.append(selector)
                        case .join: break
                        case .refuse: settled = .failure(.loadLimit)
                        }
                    }
                    guard let settled else { continue }
                    Self.settle(seat.wait, selector, settled)
                    if seat.wait.open == 0 { finished.append(seat.wait) }
                }
            }
            return (finished, again)
        }
        // Not before the landing: who found the flight under way relies on it.
        endRenewals(answers)
        enqueue(again)
        for wait in finished { wait.completion(wait.loaded) }
    }

    /// A call that others have left too few seals waits for the next lease.
    private static func waitOn(
        _ seat: Seat, _ selector: KeySelector, _ state: inout State
    ) -> SingleFlight<KeySelector, Seat>.Decision {
        var seat = seat
        (seat.needsKey, seat.rounds) = (false, seat.rounds + 1)
        return seat.rounds < sealRounds ? state.flights.join(selector, waiter: seat) : .refuse
    }

    /// What those who wait for a selector need.
    func awaited(_ selector: KeySelector) -> (seals: Int, key: Bool) {
        let seats = state.withLock { $0.flights.waiters(for: selector) }
        return (seats.reduce(0) { $0 + $1.seals }, seats.contains(where: \.needsKey))
    }

    /// Leases more seals of a field's active key, which nobody waits for.
    func renewSeals(of field: String) {
        let selector = KeySelector.active(field)
        let (starts, isUnderWay) = state.withLock { state in
            let isUnderWay = state.flights.isUnderWay(selector)
            return (!isUnderWay && state.flights.startUnattended(selector), isUnderWay)
        }
        if starts { return enqueue([selector]) }
        if !isUnderWay { endRenewals([(selector, .failure(.loadLimit))]) }
    }
}

extension KeyLoader {
    /// Takes care of the cache, each second until the shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.tend()
                try? await Task.sleep(for: .seconds(1), clock: .continuous)
            }
        }
    }

    /// One round of care: forgets what has expired and starts the refreshes that are due.
    func tend() {
        let now = clock.now()
        store.sweep(at: now)
        let due = store.dueForRefresh(at: now)
        let started = state.withLock { state in
            due.filter { selector in
                guard state.refreshed.reason(for: selector, at: now) == nil, state.flights.startUnattended(selector)
                else {
                    return false
                }
                state.refreshed.insert(selector, reason: true, at: now)
                return true
            }
        }
        enqueue(started)
        readiness(store.auditHash(at: now) != nil)
    }

    /// A key was rotated or made: what is known of the field's active version no longer holds.
    func activeVersionChanged(_ field: String) {
        store.expectNewer([.active(field)], at: clock.now())
        store.remove(.active(field))
        forgetRefusals([.active(field)])
    }

    /// What is known to be missing may be there by now.
    func forgetRefusals(_ selectors: [KeySelector]) {
        state.withLock { state in
            for selector in selectors { state.unknown.expire(selector) }
        }
    }
}
