import FieldsealCrypto

@testable import KeyManagementService

/// Keys that are made, rotated and rolled back.
extension Interleaving {
    func ensure(_ replica: KeyAuthority) async throws {
        let field = anyField()
        let record = try await replica.ensureKeys(of: field, context: .test)
        try KeyModel.require(model.active(record.object) == record.version, "another version is said to be active")
    }

    func rotate(_ replica: KeyAuthority) async throws {
        let key = anyKey()
        let record = try await replica.rotate(key.object, called: key.name, context: .test)
        try model.rotate(key.object, to: record.version, at: clock.now)
        try await learn()
    }

    func rotateStale(_ replica: KeyAuthority) async throws {
        let key = anyKey()
        guard let stale = model.all(where: { $0.object == key.object && $0.state != .active }).last else { return }
        try await expect([.conflict]) {
            _ = try await replica.rotate(key.object, called: key.name, superseding: stale, context: .test)
        }
    }

    /// Calls of several replicas at once, about the same keys.
    func race() async throws {
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

    func rollBack(_ replica: KeyAuthority) async throws {
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

    /// A replica goes away in the middle of a call, and another one comes.
    func drop() async throws {
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
    func loseAnswer(_ replica: KeyAuthority) async throws {
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
}
