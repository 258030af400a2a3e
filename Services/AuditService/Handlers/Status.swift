import FieldsealMessages
import FieldsealTransparencyLog

extension AuditRPC {
    /// How much is stored, signed, published and archived, what is held, and the newest epoch of each producer.
    func status(_: Proto.AuditStatusRequest) async throws -> Proto.AuditStatusResponse {
        var status = try await log.status()
        status.treeSize = try await log.head().size
        status.checkpointSize = try await log.newestCheckpoint()?.checkpoint.size ?? 0
        let published = try await publication.newest()
        status.publishedSize = published?.checkpoint.size ?? 0
        status.publishedUnixUs = published?.signedAt ?? 0
        status.archives = try await log.archives()
        status.holds = try await log.holds()
        status.retentionMonths = retentionMonths
        status.refused = log.memory.isRefused
        return status
    }
}
