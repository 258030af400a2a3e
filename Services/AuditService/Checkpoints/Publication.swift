import FieldsealTransparencyLog

/// What counts as published: a signed checkpoint that enough of these witnesses have cosigned.
struct Publication: Sendable {
    let log: EventLog
    let witnesses: [NoteVerifier]
    let quorum: Int

    /// The newest published checkpoint; nil: none yet.
    func newest() async throws -> StoredCheckpoint? { try await log.published(by: witnesses, quorum: quorum) }

    /// - Throws: `unpublished` where there is none yet.
    func checkpoint() async throws -> StoredCheckpoint {
        guard let newest = try await newest() else { throw AuditServiceError.unpublished }
        return newest
    }
}
