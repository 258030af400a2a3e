import FieldsealMessages

extension KeysService {
    func resumeRotation(
        _ request: Proto.ResumeRotationRequest, _ call: KeysCall
    ) async throws -> Proto.PauseRotationResponse {
        Proto.PauseRotationResponse(
            paused: try await authority.resumeRotation(of: request.name, context: call.context).map(\.message))
    }
}
