import FieldsealMessages

extension KeysService {
    func scheduleDestruction(
        _ request: Proto.KeyVersionRequest, _ call: KeysCall
    ) async throws -> Proto.DestructionResponse {
        let destruction = try await authority.scheduleDestruction(
            of: try request.wanted, of: request.key, dryRun: request.dryRun, context: call.context)
        return answer(destruction, dryRun: request.dryRun, call)
    }

    /// What was changed stands in the outbox; a dry run is recorded by the call.
    func answer(_ destruction: Destruction, dryRun: Bool, _ call: KeysCall) -> Proto.DestructionResponse {
        if dryRun { call.succeeded(object: destruction.key.name, version: destruction.key.record.version) }
        return destruction.message(authority.backupRetention, nowUnixUs: authority.clock())
    }
}

extension Destruction {
    func message(_ retention: BackupRetention, nowUnixUs now: Int64) -> Proto.DestructionResponse {
        Proto.DestructionResponse(
            key: key.message, state: state.message, destroyUnixMs: (dueUnixUs ?? 0) / 1_000,
            waitsFor: wait?.rawValue ?? "", proposedBy: proposedBy,
            completeUnixMs: completeUnixUs(retention, nowUnixUs: now) / 1_000)
    }
}

extension Destruction.State {
    var message: Proto.DestructionState {
        switch self {
        case .scheduled: .scheduled
        case .cancelled: .cancelled
        case .proposed: .proposed
        case .done: .done
        }
    }
}
