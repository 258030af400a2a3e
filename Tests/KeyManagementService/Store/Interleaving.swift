import FieldsealCrypto
import FieldsealPostgres

@testable import KeyManagementService

/// Replicas of one store that do random things, and the model of what must come of them.
final class Interleaving {
    enum Act: CaseIterable {
        case ensure, rotate, rotateStale, race, rollBack, tick, advance, census, retire, restore, compromise, order
        case force, drop, lostAnswer

        /// How often, among the others.
        var weight: Int {
            switch self {
            case .rotate, .tick, .retire: 8
            case .advance, .force, .rollBack: 6
            case .ensure, .race, .restore, .order, .census: 4
            case .rotateStale, .drop, .lostAnswer: 2
            case .compromise: 3
            }
        }

        /// Whether a failure leaves everything as it was.
        var isOneChange: Bool { self != .race && self != .drop && self != .tick }
    }

    /// One that is used seldom, so that its keys in memory are old ones.
    private static let late = 2

    private let store: TestStore
    private let clock = StoreClock()
    private let faults: StoreFaults
    private let observer: PostgresPool
    private let recipient: Recipient
    private let keys: [(name: String, object: KeyObject)]
    private var replicas: [KeyAuthority]
    private var generator: SeededGenerator
    private var model = KeyModel()
    private(set) var trace: [String] = []
    private(set) var done: [Act: Int] = [:]
    private(set) var struck = 0

    init(_ store: TestStore, seed: UInt64) async throws {
        self.store = store
        generator = SeededGenerator(state: seed)
        recipient = try Recipient()
        var replicas: [KeyAuthority] = []
        for _ in 0...Self.late { replicas.append(try await store.replica(at: clock)) }
        self.replicas = replicas
        observer = try store.pool(connections: 1)
        _ = try await replicas[0].applyCatalog(
            Sample.declaration { $0.fields[0].lifecycle.backupRetentionDays = 0 }, context: .test)
        for field in [FieldName.email, .note] { _ = try await replicas[0].ensureKeys(of: field, context: .test) }
        var keys: [(name: String, object: KeyObject)] = []
        for name in ["users.email", "users.note", "users", "master"] {
            guard let object = try await replicas[0].keyObject(named: name) else { continue }
            keys.append((name, object))
        }
        self.keys = keys
        faults = try await StoreFaults(store)
        try await absorb(bySchedule: false)
        try await compare()
    }

    // MARK: Steps

    func step() async throws {
        clock.advance(days: 0.001)
        let act = pick()
        let replica = anyReplica()
        let isArmed = act != .race && act != .drop && Int.random(in: 0..<4, using: &generator) == 0
        var line = "\(act)"
        if isArmed {
            let mode = StoreFaults.Mode.allCases.randomElement(using: &generator) ?? .raise
            let at = Int.random(in: 1...6, using: &generator)
            line += " with \(mode) at \(at)"
            try await faults.arm(mode, at: at)
        }
        trace.append(line)
        var failure: (any Error)?
        do { try await perform(act, replica) } catch { failure = error }
        let hasStruck = isArmed ? try await faults.disarm() : false
        if hasStruck { struck += 1 }
        if let failure {
            guard hasStruck, !(failure is KeyModel.Broken) else { throw failure }
            trace.append("  failed: \(KeyServiceError(failure).cause)")
        } else {
            done[act, default: 0] += 1
        }
        if !act.isOneChange { try await absorb(bySchedule: act == .tick) }
        try await compare()
        if let version = anyVersion(.fek) { try await checkGrant(version) }
    }

    private func perform(_ act: Act, _ replica: KeyAuthority) async throws {
        switch act {
        case .ensure: try await ensure(replica)
        case .rotate: try await rotate(replica)
        case .rotateStale: try await rotateStale(replica)
        case .race: try await race()
        case .rollBack: try await rollBack(replica)
        case .tick:
            _ = try await Scheduler(authority: replica, replica: "r", logger: TestStore.logger) { _ in }.tick()
        case .advance: clock.advance(days: Double.random(in: 0.1...25, using: &generator))
        case .census:
            let field = [FieldName.email, .note].randomElement(using: &generator) ?? .email
            _ = try await replica.report(
                [:], of: field, location: "", begunUnixUs: clock.now, isPrimary: true, context: .test)
        case .retire: try await retire(replica)
        case .restore: try await restore(replica)
        case .compromise: try await compromise(replica)
        case .order: try await order(replica)
        case .force: try await force()
        case .drop: try await drop()
        case .lostAnswer: try await loseAnswer(replica)
        }
    }

    private func ensure(_ replica: KeyAuthority) async throws {
        let field = [FieldName.email, .note].randomElement(using: &generator) ?? .email
        let record = try await replica.ensureKeys(of: field, context: .test)
        try KeyModel.require(model.active(record.object) == record.version, "another version is said to be active")
    }

    private func rotate(_ replica: KeyAuthority) async throws {
        let key = anyKey()
        let record = try await replica.rotate(key.object, called: key.name, context: .test)
        try model.rotate(key.object, to: record.version, at: clock.now)
        try await learn()
    }

    private func rotateStale(_ replica: KeyAuthority) async throws {
        let key = anyKey()
        guard let stale = model.all(where: { $0.object == key.object && $0.state != .active }).last else { return }
        try await expect([.conflict]) {
            _ = try await replica.rotate(key.object, called: key.name, superseding: stale, context: .test)
        }
    }

    /// Calls of several replicas at once, about the same keys.
    private func race() async throws {
        let keys = [anyKey(), anyKey()]
        let replicas = replicas
        try await withThrowingTaskGroup { group in
            for number in 0..<4 {
                let (replica, key) = (replicas[number % replicas.count], keys[number % 2])
                group.addTask {
                    do {
                        _ = try await replica.rotate(key.object, called: key.name, context: .test)
                    } catch  where KeyServiceError(error) == .conflict {}
                }
            }
            try await group.waitForAll()
        }
    }

    private func rollBack(_ replica: KeyAuthority) async throws {
        let key = anyKey(but: .master)
        let former = model.newestInTransition(key.object)
        try await expect(former == nil ? [.nothingToRollBack] : []) {
            let changed = try await replica.rollBackRotation(of: key.name, dryRun: false, context: .test)
            let versions = changed.keys.map(\.record.version)
            try KeyModel.require(
                versions == [former, self.model.active(key.object)].compactMap(\.self), "others were exchanged")
            try self.model.move(versions[1], to: .transition, at: self.clock.now)
            try self.model.move(versions[0], to: .active, at: self.clock.now)
        }
    }

    private func retire(_ replica: KeyAuthority) async throws {
        let (name, version) = anyVersion(preferring: [.transition])
        let state = model.state(version)
        let refusals: [KeyServiceError] = state == .transition ? [] : [.wrongState(state ?? .pending)]
        try await expect(refusals, orChildrenOf: name) {
            _ = try await replica.retire(version, of: name, dryRun: false, context: .test)
            try self.model.move(version, to: .retired, at: self.clock.now)
        }
    }

    private func restore(_ replica: KeyAuthority) async throws {
        let (name, version) = anyVersion(preferring: [.retired])
        let state = model.state(version)
        try await expect(state == .retired ? [] : [.wrongState(state ?? .pending)]) {
            _ = try await replica.restore(version, of: name, dryRun: false, context: .test)
            try self.model.move(version, to: .transition, at: self.clock.now)
        }
    }

    private func compromise(_ replica: KeyAuthority) async throws {
        // Seldom the whole store.
        let key = Int.random(in: 0..<6, using: &generator) == 0 ? anyKey() : anyKey(but: .master)
        let siblings = model.all { $0.object == key.object }
        let version = Bool.random(using: &generator) ? siblings.randomElement(using: &generator) : nil
        guard let note = CompromiseNote(reason: "a test", suspectedSinceUnixMs: nil) else { return }
        let outcome = try await replica.compromise(
            key.object, called: key.name, version: version, note: note, context: .test
        ).value
        for marked in outcome.compromised { try model.mark(marked.record.version, at: clock.now) }
        for made in outcome.made { try model.make(made.record.version, of: made.record.object, at: clock.now) }
        var reached = version.map { [$0] } ?? siblings
        if version == nil, key.object.kind == .dek { reached += model.all { $0.object.kind == .fek } }
        if version == nil, key.object.kind == .master { reached = model.order }
        let made = Set(outcome.made.map(\.record.version))
        for version in reached where !made.contains(version) {
            guard let known = model.versions[version] else { continue }
            try KeyModel.require(known.isMarked || known.state == .destroyed, "\(version) was not reached")
        }
        try await learn()
    }

    private func order(_ replica: KeyAuthority) async throws {
        let (name, version) = anyVersion(preferring: [.retired, .compromised])
        let isWanted = Bool.random(using: &generator)
        try await expect(refusalsOfDestruction(version)) {
            _ =
                isWanted
                ? try await replica.scheduleDestruction(of: version, of: name, dryRun: false, context: .test)
                : try await replica.cancelDestruction(of: version, of: name, dryRun: false, context: .test)
            self.model.keep(version, !isWanted)
        }
    }

    /// Two administrators at two replicas.
    private func force() async throws {
        let (name, version) = anyVersion(preferring: [.retired, .compromised])
        let (first, second) = (anyReplica(), anyReplica())
        try await expect(refusalsOfDestruction(version), orChildrenOf: name) {
            let proposed = try await first.forceDestruction(
                of: version, of: name, dryRun: false, context: .operating(as: "a")
            ) { _ in }
            try KeyModel.require(proposed.state == .proposed, "one administrator destroyed \(version)")
            _ = try await second.forceDestruction(
                of: version, of: name, dryRun: false, context: .operating(as: "b")
            ) { _ in }
            try self.model.move(version, to: .destroyed, at: self.clock.now)
        }
    }

    /// A replica goes away in the middle of a call, and another one comes.
    private func drop() async throws {
        let index = Int.random(in: 0..<Self.late, using: &generator)
        let (replica, key) = (replicas[index], anyKey())
        let call = Task { try await replica.rotate(key.object, called: key.name, context: .test) }
        for _ in 0..<Int.random(in: 0..<30, using: &generator) { await Task.yield() }
        call.cancel()
        _ = await call.result
        await replica.pool.close()
        replicas[index] = try await store.replica(at: clock)
    }

    /// What a replica did that nobody heard from again is not done a second time by who asks for the same.
    private func loseAnswer(_ replica: KeyAuthority) async throws {
        let key = anyKey()
        guard let active = model.active(key.object) else { return }
        let gone = try await store.replica(at: clock)
        let lost = try await gone.rotate(key.object, called: key.name, superseding: active, context: .test)
        await gone.pool.close()
        try model.rotate(key.object, to: lost.version, at: clock.now)
        try await learn()
        try await expect([.conflict]) {
            _ = try await replica.rotate(key.object, called: key.name, superseding: active, context: .test)
        }
    }

    /// - Parameter refusals: those that have to come; where there are none, `body` has to succeed.
    private func expect(
        _ refusals: [KeyServiceError], orChildrenOf name: String = "users.email", _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as KeyServiceError {
            // What an emergency left behind is still wrapped under the version.
            if error == .hasChildren, !name.contains(".") { return }
            guard refusals.contains(error) else { throw error }
            return
        }
        try KeyModel.require(refusals.isEmpty, "it was not refused: \(refusals)")
    }

    private func refusalsOfDestruction(_ version: KeyVersion) -> [KeyServiceError] {
        let state = model.state(version) ?? .pending
        return state == .retired || state == .compromised ? [] : [.wrongState(state)]
    }

    // MARK: Choices

    private func pick() -> Act {
        var number = Int.random(in: 0..<Act.allCases.map(\.weight).reduce(0, +), using: &generator)
        for act in Act.allCases {
            number -= act.weight
            if number < 0 { return act }
        }
        return .ensure
    }

    private func anyReplica() -> KeyAuthority {
        let isLate = Int.random(in: 0..<12, using: &generator) == 0
        return replicas[isLate ? Self.late : Int.random(in: 0..<Self.late, using: &generator)]
    }

    /// The master key less often than others.
    private func anyKey(but kind: KeyKind? = nil) -> (name: String, object: KeyObject) {
        let few = Int.random(in: 0..<3, using: &generator) > 0
        let suitable = keys.filter { $0.object.kind != kind && !(few && $0.object.kind == .master) }
        return suitable[Int.random(in: 0..<suitable.count, using: &generator)]
    }

    private func anyVersion(preferring states: Set<KeyState>) -> (name: String, version: KeyVersion) {
        let key = anyKey()
        let all = model.all { $0.object == key.object }
        let preferred = all.filter { states.contains(model.state($0) ?? .pending) }
        let isPreferring = Int.random(in: 0..<4, using: &generator) > 0 && !preferred.isEmpty
        let versions = isPreferring ? preferred : all
        return (key.name, versions[Int.random(in: 0..<versions.count, using: &generator)])
    }

    private func anyVersion(_ kind: KeyKind) -> KeyVersion? {
        model.all { $0.object.kind == kind }.randomElement(using: &generator)
    }

    // MARK: Comparison

    private func rows() async throws -> [KeyModel.Row] {
        try await observer.query(
            """
            SELECT version, key_type, key_id, state, encrypted_key = '' AS is_empty FROM encryption_keys
            ORDER BY revision, version
            """
        ).map { row in
            guard let kind = KeyKind(name: try row.value("key_type")),
                let version = KeyVersion(column: try row.value("version")),
                let state = KeyState(rawValue: try row.value("state"))
            else { throw KeyModel.Broken(description: "an unreadable row") }
            return KeyModel.Row(
                version: version, object: KeyObject(kind: kind, id: try row.objectID("key_id")), state: state,
                isEmpty: try row.value("is_empty"))
        }
    }

    private func compare() async throws { try model.check(try await rows()) }

    private func absorb(bySchedule: Bool) async throws {
        try model.absorb(
            try await rows(), bySchedule: bySchedule, waitingDays: replicas[0].rotation.waitingDays, at: clock.now)
        try await learn()
    }

    /// Keeps the keys of versions that are new.
    private func learn() async throws {
        for version in model.all(where: { $0.object.kind == .fek && $0.bytes == nil }) {
            guard let known = model.versions[version], [.active, .transition].contains(known.state) else { continue }
            let grant = try await replicas[0].grant(try field(known), version: version, to: recipient)
            try model.remember(try recipient.open(grant), of: version)
        }
    }

    private func field(_ version: KeyModel.Version) throws -> FieldName {
        let name = keys.first { $0.object == version.object }?.name ?? ""
        guard let field = FieldName(name) else { throw KeyModel.Broken(description: "a key of no field") }
        return field
    }

    /// A version opens with the same key as ever, or is refused as its state has it.
    private func checkGrant(_ version: KeyVersion) async throws {
        guard let known = model.versions[version] else { return }
        let field = try field(known)
        for purpose in [GrantPurpose.use, .rewrap] {
            let isOpen = [.active, .transition].contains(known.state)
            let isGranted = isOpen || (known.state == .compromised && purpose == .rewrap)
            let replica = anyReplica()
            try await expect(isGranted ? [] : [.notGranted(known.state)]) {
                let grant = try await replica.grant(
                    field, version: version, for: purpose, to: recipient.grantRecipient, context: .test)
                let bytes = try recipient.open(grant)
                try KeyModel.require(bytes == known.bytes, "\(version) opens with another key")
            }
        }
    }

    /// Everything, with a replica that starts now: it verifies all rows, and the chain of all changes.
    func checkAll() async throws {
        let fresh = try await store.replica(at: clock)
        let records = try await fresh.read { try await $0.keys("true", limit: Int(Int32.max)) }
        await fresh.pool.close()
        try model.check(
            records.map {
                .init(version: $0.version, object: $0.object, state: $0.state, isEmpty: $0.encryptedKey.isEmpty)
            })
        for version in model.all(where: { $0.object.kind == .fek }) { try await checkGrant(version) }
        let left = try await observer.query(
            """
            SELECT FROM master_key_wraps AS wrap JOIN encryption_keys AS key USING (version) WHERE key.state = 'destroyed'
            """)
        try KeyModel.require(left.isEmpty, "a destroyed master key is still wrapped")
    }

    /// In a store that knows nothing of what came after, no version gets the number of one that it forgot.
    func checkNothingIsReused(afterRestoring copy: String) async throws {
        try await store.restore(copy)
        let replica = try await store.replica(at: clock)
        for key in keys + keys {
            let record = try await replica.rotate(key.object, called: key.name, context: .test)
            try KeyModel.require(model.versions[record.version] == nil, "\(record.version) was issued twice")
        }
        await replica.pool.close()
    }
}
