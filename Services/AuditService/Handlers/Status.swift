import FieldsealMessages

extension AuditRPC {
    /// How much is stored, and the newest epoch of each producer.
    func status(_: Proto.AuditStatusRequest) async throws -> Proto.AuditStatusResponse { try await log.status() }
}
