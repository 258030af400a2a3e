import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Synchronization

extension KeyAuthority {
    static let backupLock = "fieldseal key store backup"

    /// Makes a backup of the store as it is at one moment, after all its rows were verified. One at a time among the
    /// replicas.
    ///
    /// - Parameters:
    ///   - write: takes the backup piece by piece. While it waits, the transaction is idle: PostgreSQL ends it after a
    ///     minute.
    ///   - finish: runs after the last piece, in the same transaction.
    /// - Throws: `KeyServiceError.backupRuns` where another replica is at it.
    func backUp<Value: Sendable>(
        under provider: any MasterKeyProvider, write: ([UInt8]) async throws -> Void,
        finish: (StoreReader, BackupHeader) async throws -> Value
    ) async throws -> Value {
        // A transaction that starts anew would write the first pieces twice.
        let hasBegun = Mutex(false)
        return try await read { reader in
            guard !hasBegun.withLock({ $0 }) else { throw KeyServiceError.conflict }
            guard try await reader.connection.tryLockUntilCommit(Self.backupLock) else {
                throw KeyServiceError.backupRuns
            }
            try await reader.verifyAll()
            let seal = try await BackupSeal(
                of: try await reader.revision(), createdUnixUs: clock(), under: provider)
            hasBegun.withLock { $0 = true }
            try await write(seal.header.encoded)
            try await StoreDump(connection: reader.connection).write { content in
                for chunk in try seal.append(content) { try await write(chunk) }
            }
            try await write(try seal.finish())
            return try await finish(reader, seal.header)
        }
    }
}
