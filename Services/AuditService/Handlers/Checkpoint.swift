import FieldsealMessages

extension AuditRPC {
    /// The newest published checkpoint.
    func checkpoint(_: Proto.CheckpointRequest) async throws -> Proto.CheckpointResponse {
        Proto.CheckpointResponse(note: try await publication.checkpoint().note.encoded)
    }
}
