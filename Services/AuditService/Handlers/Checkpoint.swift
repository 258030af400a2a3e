import FieldsealMessages

extension AuditRPC {
    /// The newest published checkpoint.
    func checkpoint(_: Proto.CheckpointRequest) async throws -> Proto.CheckpointResponse {
        let archived = try await log.archivedTree()
        return Proto.CheckpointResponse(
            note: try await publication.checkpoint().note.encoded, archivedSize: archived.size,
            archivedPeaks: archived.peaks.map(\.bytes))
    }
}
