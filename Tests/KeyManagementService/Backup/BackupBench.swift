import FieldsealCrypto
import FieldsealCustody
import Foundation
import Glibc
import Testing

@testable import KeyManagementService

/// A file of one test's own, gone with this.
final class BackupBench: Sendable {
    let folder: String
    let provider: MemoryProvider

    init() throws {
        provider = try MemoryProvider()
        folder = NSTemporaryDirectory() + "/fieldseal-backup-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: path(name)))
        return path(name)
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }

    /// A backup of what `authority` serves.
    @discardableResult
    func backUp(
        _ authority: KeyAuthority, under another: (any MasterKeyProvider)? = nil, to name: String
    ) async throws -> BackupHeader {
        let pieces = Pieces()
        let header = try await authority.backUp(
            under: another ?? provider, write: { pieces.bytes += $0 }, finish: { _, header in header })
        _ = try write(pieces.bytes, to: name)
        return header
    }

    /// Reads a backup through as a restore does before it touches the database.
    func check(_ bytes: [UInt8]) async -> BackupError? {
        do {
            let file = try BackupFile(path: try write(bytes, to: "altered"))
            var reader = BackupContentReader()
            try await file.readChunks(under: provider) { piece in
                reader.append(piece)
                while try reader.next() != nil {}
            }
            return reader.isComplete ? nil : .misshapen
        } catch let error as BackupError {
            return error
        } catch {
            Issue.record("another error: \(error)")
            return nil
        }
    }

    func restore(into store: TestStore, provider: (any MasterKeyProvider)? = nil) throws -> StoreRestore {
        StoreRestore(authority: try store.sealedReplica(), provider: provider ?? self.provider)
    }

    private final class Pieces: @unchecked Sendable {
        // Sendable: touched by one task.
        var bytes: [UInt8] = []
    }
}

extension TestStore {
    /// Rows of the tables that a backup holds.
    func rowCount() async throws -> Int {
        let pool = try pool(connections: 1)
        var count = 0
        for table in BackupTables.held {
            count += try await pool.query("SELECT count(*) AS count FROM \(identifier: table)").single().value("count")
        }
        await pool.close()
        return count
    }
}

func backupError(_ body: () async throws -> Void) async -> BackupError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? BackupError
    }
}
