import FieldsealMessages

extension KeysService {
    func pauseRotation(
        _ request: Proto.PauseRotationRequest, _ call: KeysCall
    ) async throws -> Proto.PauseRotationResponse {
        var until: Int64?
        if request.untilUnixMs != 0 {
            let (microseconds, overflow) = request.untilUnixMs.multipliedReportingOverflow(by: 1_000)
            guard !overflow, microseconds > authority.clock() else { throw KeyServiceError.malformed }
            until = microseconds
        }
        // The store's outbox tells of the success.
        return Proto.PauseRotationResponse(
            paused: try await authority.pauseRotation(of: request.name, untilUnixUs: until, context: call.context)
                .map(\.message))
    }
}

extension NamedPause {
    var message: Proto.PausedRotation {
        Proto.PausedRotation(
            name: name, sinceUnixMs: pause.sinceUnixUs / 1_000, untilUnixMs: (pause.untilUnixUs ?? 0) / 1_000,
            actor: pause.identity)
    }
}
