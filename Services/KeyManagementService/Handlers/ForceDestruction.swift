import FieldsealMessages

extension KeysService {
    /// How long the audit service may take to store what is about to be destroyed.
    static let announcementTimeout = Duration.seconds(10)

    func forceDestruction(
        _ request: Proto.KeyVersionRequest, _ call: KeysCall
    ) async throws -> Proto.DestructionResponse {
        let trail = trail
        let destruction = try await authority.forceDestruction(
            of: try request.wanted, of: request.key, dryRun: request.dryRun, context: call.context
        ) { try await trail.publish($0, timeout: Self.announcementTimeout) }
        return answer(destruction, dryRun: request.dryRun, call)
    }
}
