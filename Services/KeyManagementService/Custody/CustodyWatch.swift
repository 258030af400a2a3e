import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Logging
import ServiceLifecycle
import Synchronization

/// Sees to it that the master key can be recovered: drills every custodian in turn, on one replica at a time, and finds
/// out on each replica whether its custodians can be reached.
final class CustodyWatch: Service {
    static let tickPause = Duration.seconds(60)
    static let day: Int64 = 86_400_000_000
    /// A failed drill is repeated so often, and reachability is looked at.
    static let retryMicroseconds: Int64 = 6 * 3_600_000_000
    static let probeMicroseconds: Int64 = 3_600_000_000

    private let authority: KeyAuthority
    private let drillDays: Int64
    private let probes = Mutex<(lastUnixUs: Int64?, unreachable: Set<String>)>((nil, []))

    init(authority: KeyAuthority, drillDays: Int64) {
        self.authority = authority
        self.drillDays = drillDays
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await tick()
                try? await Task.sleep(for: Self.tickPause)
            }
        }
    }

    /// Does what is due. Failures are logged; the next tick tries again.
    func tick() async {
        // Shares that wait are forgotten in time, whether anybody asks or not.
        _ = authority.shareDesk.waiting(nowUnixUs: authority.clock())
        // What must not lapse between uses, sealed or not.
        for custodian in authority.custodians.list { await custodian.provider.tick() }
        guard !authority.isSealed else { return }
        await attempt("probe of the custodians", probe)
        await attempt("recovery drill", drillWhatIsDue)
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            guard !Task.isCancelled else { return }
            authority.logger.error("\(what) was not done", metadata: ["error": "\(KeyServiceError(error))"])
        }
    }

    // MARK: Drills

    private func drillWhatIsDue() async throws {
        guard !(try await due()).isEmpty else { return }
        try await authority.pool.withTransaction { connection in
            guard try await connection.tryLockUntilCommit("fieldseal recovery drill") else { return }
            // Another replica may have been faster.
            let names = try await self.due()
            guard !names.isEmpty else { return }
            let context = CallContext(actor: AuditActor(identity: self.authority.identity))
            try await self.authority.drill(names, context: context)
        }
    }

    /// Custodians whose last drill, or whose adding, is too long ago. One that is not configured here is left to other
    /// replicas for another day.
    private func due() async throws -> [String] {
        let now = authority.clock()
        return try await authority.showMaster().custodians.compactMap { state in
            guard let wrap = state.wrap else { return nil }
            var due = (wrap.drill?.unixUs ?? wrap.addedUnixUs) + drillDays * Self.day
            if let drill = wrap.drill, !drill.hasPassed { due = drill.unixUs + Self.retryMicroseconds }
            if state.configured == nil { due += Self.day }
            return due <= now ? state.name : nil
        }
    }

    // MARK: Reachability

    private func probe() async throws {
        let now = authority.clock()
        let isDue = probes.withLock { probes in
            if let last = probes.lastUnixUs, now >= last, now - last < Self.probeMicroseconds { return false }
            probes.lastUnixUs = now
            return true
        }
        guard isDue else { return }
        let (master, states) = try await authority.showMaster()
        var unreachable: [String: CustodianFailure] = [:]
        for state in states {
            // Shares are with people.
            guard let custodian = state.configured, let wrap = state.wrap, !(custodian.provider is SharesProvider)
            else { continue }
            do {
                _ = try await custodian.open(wrap, of: master.record)
            } catch {
                try Task.checkCancellation()
                unreachable[state.name] = CustodianFailure(custodian: state.name, error: error)
            }
        }
        try await tell(unreachable)
    }

    /// Alerts once for each custodian that was reached before.
    private func tell(_ unreachable: [String: CustodianFailure]) async throws {
        let known = probes.withLock { $0.unreachable }
        let news = unreachable.values.filter { !known.contains($0.custodian) }.sorted { $0.custodian < $1.custodian }
        for failure in news {
            authority.logger.warning(
                "custodian unreachable",
                metadata: ["custodian": "\(failure.custodian)", "error": "\(failure.description)"])
        }
        if !news.isEmpty {
            _ = try await authority.change { writer in
                writer.alerts += news.map { failure in
                    Alert(
                        .providerUnreachable, .warning, object: failure.custodian,
                        text: "custodian \(failure.custodian) does not open the master key: \(failure.word)")
                }
            }
        }
        probes.withLock { $0.unreachable = Set(unreachable.keys) }
    }
}

extension CustodianFailure {
    /// A fixed word for what failed.
    fileprivate var word: String { DrillOutcome(error).rawValue }
}
