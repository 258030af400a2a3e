import FieldsealCrypto

@testable import KeyManagementService

/// What administrators decide on versions and on the schedule.
extension Interleaving {
    func retire(_ replica: KeyAuthority) async throws {
        let (name, version) = anyVersion(preferring: [.transition])
        let state = model.state(version)
        let refusals: [KeyServiceError] = state == .transition ? [] : [.wrongState(state ?? .pending)]
        try await expect(refusals, orChildrenOf: name) {
            _ = try await replica.retire(version, of: name, dryRun: false, context: .test)
            try self.model.move(version, to: .retired, at: self.clock.now)
        }
    }

    func restore(_ replica: KeyAuthority) async throws {
        let (name, version) = anyVersion(preferring: [.retired])
        let state = model.state(version)
        try await expect(state == .retired ? [] : [.wrongState(state ?? .pending)]) {
            _ = try await replica.restore(version, of: name, dryRun: false, context: .test)
            try self.model.move(version, to: .transition, at: self.clock.now)
        }
    }

    func compromise(_ replica: KeyAuthority) async throws {
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

    func order(_ replica: KeyAuthority) async throws {
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
    func force() async throws {
        let (name, version) = anyVersion(preferring: [.retired, .compromised])
        let (first, second) = (anyReplica(), anyReplica())
        try await expect(refusalsOfDestruction(version), orChildrenOf: name) {
            let proposed = try await first.forceDestruction(
                of: version, of: name, dryRun: false, context: .operating(as: "a")
            ) { _ in }
            try KeyModel.require(proposed.state == .proposed, "one administrator destroyed \(version)")
            self.forced.insert(version)
            _ = try await second.forceDestruction(
                of: version, of: name, dryRun: false, context: .operating(as: "b")
            ) { _ in }
            try self.model.move(version, to: .destroyed, at: self.clock.now)
        }
    }

    func refusalsOfDestruction(_ version: KeyVersion) -> [KeyServiceError] {
        let state = model.state(version) ?? .pending
        return state == .retired || state == .compromised ? [] : [.wrongState(state)]
    }
}
