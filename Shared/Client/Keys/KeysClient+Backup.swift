public import FieldsealMessages

extension KeysClient {
    /// The encrypted backup of the key store, part by part. Only a backup whose last part has come is whole.
    public func backup(options: CallOptions = CallOptions()) throws(FieldsealError) -> KeyStoreBackup {
        KeyStoreBackup(chunks: try channel.stream("Backup", Proto.BackupRequest(), options: options))
    }

    /// Lets a store serve that is older than the log knows: a restored backup.
    /// - Parameter revision: of the store as it is, as a check that it is the one meant.
    public func acceptRestore(
        revision: UInt64, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> RestoreReport {
        let request = Proto.AcceptRestoreRequest(revision: revision, dryRun: dryRun)
        return try await channel.call("AcceptRestore", request, options: options)
    }
}

/// The parts of a running backup, in order. Throws `FieldsealError` `.dataLoss` where the stream ends before the last part.
public struct KeyStoreBackup: AsyncSequence {
    let chunks: AsyncThrowingMapSequence<AsyncThrowingStream<[UInt8], any Error>, Proto.BackupChunk>

    public func makeAsyncIterator() -> Iterator {
        Iterator(chunks: chunks.makeAsyncIterator())
    }

    public struct Iterator: AsyncIteratorProtocol {
        var chunks: AsyncThrowingMapSequence<AsyncThrowingStream<[UInt8], any Error>, Proto.BackupChunk>.Iterator
        var isComplete = false

        public mutating func next() async throws(FieldsealError) -> BackupChunk? {
            guard !isComplete else { return nil }
            let chunk: Proto.BackupChunk?
            do {
                chunk = try await chunks.next()
            } catch {
                throw FieldsealError(any: error)
            }
            guard let chunk else { throw FieldsealError(.dataLoss, "the backup ended before its last part") }
            isComplete = chunk.last
            return chunk
        }
    }
}
