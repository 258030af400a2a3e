import FieldsealCrypto
import FieldsealPostgres

@testable import KeyManagementService

/// Replicas of one store that do random things, and the model of what must come of them.
final class Interleaving {
    enum Act: CaseIterable {
        case ensure, rotate, rotateStale, race, rollBack, tick, advance, census, retire, restore, compromise, order
        case force, drop, lostAnswer, seal, reseal, pause, resume

        /// How often, among the others.
        var weight: Int {
            switch self {
            case .rotate, .tick, .retire, .seal: 8
            case .advance, .force, .rollBack: 6
            case .ensure, .race, .restore, .order, .census, .reseal: 4
            case .rotateStale, .drop, .lostAnswer, .pause: 2
            case .compromise, .resume: 3
            }
        }

        /// Whether a failure leaves everything as it was.
        var isOneChange: Bool { self != .race && self != .drop && self != .tick }

        /// Whether the rows tell all that an act did whose answer was lost.
        var isTold: Bool { ![.race, .drop, .order, .pause, .resume].contains(self) }
    }

    enum Fault {
        case store(StoreFaults.Mode, at: Int)
        case lostCommit(at: Int)
    }

    /// One that is used seldom, so that its keys in memory are old ones.
    static let late = 2

    let store: TestStore
    let clock = StoreClock()
    let observer: PostgresPool
    let recipient: Recipient
    let keys: [(name: String, object: KeyObject)]
    var replicas: [KeyAuthority]
    var generator: SeededGenerator
    var model = KeyModel()
    var values: [SealedValue] = []
    /// By the name that they were made under, with their ends.
    var pauses: [String: Int64] = [:]
    /// Versions that two administrators wanted destroyed whatever stands under them.
    var forced: Set<KeyVersion> = []
    var dualSeals = 0
    private let faults: StoreFaults
    private let relay: LossyRelay
    private(set) var trace: [String] = []
    private(set) var done: [Act: Int] = [:]
    private(set) var struck = 0
    private(set) var lostCommits = 0
    /// A run that did next to nothing says nothing.
    var saysSomething: Bool { struck > 5 && lostCommits > 5 && done.count > 10 && dualSeals > 0 }

    init(_ store: TestStore, seed: UInt64) async throws {
        generator = SeededGenerator(state: seed)
        recipient = try Recipient()
        observer = try store.pool(connections: 1)
        faults = try await StoreFaults(store)
        relay = try LossyRelay(
            to: UInt16(try await observer.query("SHOW port").single().value("port", as: String.self)) ?? 0)
        self.store = TestStore(database: "\(store.database) hostaddr=\(relay.address)", provider: store.provider)
        var replicas: [KeyAuthority] = []
        for _ in 0...Self.late { replicas.append(try await self.store.replica(at: clock)) }
        self.replicas = replicas
        _ = try await replicas[0].applyCatalog(
            Sample.declaration {
                for place in $0.fields.indices { $0.fields[place].lifecycle.backupRetentionDays = 0 }
                $0.fields[1].lifecycle.isDual = true
            }, context: .test)
        for field in [FieldName.email, .note] { _ = try await replicas[0].ensureKeys(of: field, context: .test) }
        var keys: [(name: String, object: KeyObject)] = []
        for name in ["users.email", "users.note", "users", "master"] {
            guard let object = try await replicas[0].keyObject(named: name) else { continue }
            keys.append((name, object))
        }
        self.keys = keys
        try await absorb(by: .calls)
        try await compare()
    }

    deinit { relay.close() }

    // MARK: Steps

    func step() async throws {
        clock.advance(days: 0.001)
        let act = pick()
        let replica = anyReplica()
        let fault = anyFault(of: act)
        trace.append(fault.map { "\(act) with \($0)" } ?? "\(act)")
        if let fault { try await arm(fault) }
        var failure: (any Error)?
        do { try await perform(act, replica) } catch { failure = error }
        let (hasStruck, hasLost) = (try await faults.disarm(), relay.disarm())
        if hasStruck { struck += 1 }
        if hasLost { lostCommits += 1 }
        if let failure {
            guard hasStruck || hasLost, !(failure is KeyModel.Broken) else { throw failure }
            trace.append("  failed: \(KeyServiceError(failure).cause)")
        } else {
            done[act, default: 0] += 1
        }
        if act == .tick {
            try await absorb(by: .schedule)
        } else if !act.isOneChange || (hasLost && failure != nil) {
            try await absorb(by: act.isOneChange ? .unanswered : .calls)
        }
        try await compare()
        if let version = anyVersion(.fek) { try await checkGrant(version) }
        try await checkValues()
    }

    private func anyFault(of act: Act) -> Fault? {
        guard act != .race, act != .drop, Int.random(in: 0..<3, using: &generator) == 0 else { return nil }
        if act.isTold, Bool.random(using: &generator) {
            return .lostCommit(at: Int.random(in: 1...3, using: &generator))
        }
        let mode = StoreFaults.Mode.allCases.randomElement(using: &generator) ?? .raise
        return .store(mode, at: Int.random(in: 1...6, using: &generator))
    }

    private func arm(_ fault: Fault) async throws {
        switch fault {
        case .store(let mode, let step): try await faults.arm(mode, at: step)
        case .lostCommit(let step): relay.arm(at: step)
        }
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
        case .census: try await census(replica)
        case .retire: try await retire(replica)
        case .restore: try await restore(replica)
        case .compromise: try await compromise(replica)
        case .order: try await order(replica)
        case .force: try await force()
        case .drop: try await drop()
        case .lostAnswer: try await loseAnswer(replica)
        case .seal: try await seal(replica)
        case .reseal: try await reseal(replica)
        case .pause: try await pause(replica)
        case .resume: try await resume(replica)
        }
    }
}
