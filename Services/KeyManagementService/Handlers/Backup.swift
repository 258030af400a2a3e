import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

extension KeysService {
    /// Streams a backup; its beginning and its end stand in the audit trail. The caller compares the digest in the last
    /// message with what it has written.
    func backup(_ request: RPCRequest, _ writer: ServerStreamWriter) async throws {
        try await serveStream(request, .backupStore) { (_: Proto.BackupRequest, call) in
            guard let provider = backupProvider else { throw KeyServiceError.noBackupKey }
            call.begun()
            try await record(call)
            let digest = try SHA256()
            let header = try await authority.backUp(
                under: provider,
                write: { piece in
                    try digest.update(piece)
                    try await writer.send(Proto.BackupChunk(data: piece).encoded())
                }, finish: { _, header in header })
            // The end is recorded before the caller can take the backup for complete.
            call.succeeded(revision: header.state.revision)
            try await record(call)
            try await writer.send(
                Proto.BackupChunk(last: true, revision: header.state.revision, digest: try digest.finish()).encoded())
        }
    }
}
