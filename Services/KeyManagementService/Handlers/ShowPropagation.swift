import FieldsealMessages

extension KeysService {
    /// How long a call may wait for all to acknowledge, in milliseconds.
    private static let longestWait: UInt32 = 10_000

    func showPropagation(
        _ request: Proto.ShowPropagationRequest, _ call: KeysCall
    ) async throws -> Proto.ShowPropagationResponse {
        let propagation = try await authority.propagation(
            of: request.revision == 0 ? nil : request.revision,
            waiting: .milliseconds(min(request.waitMs, Self.longestWait)))
        call.succeeded()
        return Proto.ShowPropagationResponse(revision: propagation.revision, watchers: propagation.messages)
    }
}
