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
        return Proto.DestructionResponse(
            key: destruction.key.message, state: destruction.state.message,
            destroyUnixMs: (destruction.dueUnixUs ?? 0) / 1_000, waitsFor: destruction.wait?.rawValue ?? "",
            proposedBy: destruction.proposedBy)
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
