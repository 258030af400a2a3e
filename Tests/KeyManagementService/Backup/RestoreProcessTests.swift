import FieldsealCrypto
import FieldsealCustody
import FieldsealPostgres
import Foundation
import Testing

@testable import KeyManagementService

/// The executable, as an operator runs it on the worst day.
@Suite(.enabled(if: TestStore.isConfigured), .serialized) struct RestoreProcessTests {
    @Test func oneCommandPutsABackupBackAndSaysSoInOneLine() async throws {
        try await withBackup { bench, master, header in
            try await TestStore.with(provider: master) { target in
                let good = try await run(["--restore", bench.path("b")], target, bench)
                #expect(good.code == 0, "\(good.error)")
                #expect(good.output.hasPrefix("restored: key store \(header.state.storeID) at revision 1;"))
                #expect(good.output.split(separator: "\n").count == 1)
                #expect(await failure { _ = try await target.replica().catalog() }?.isQuarantine == true)
                let rows = try await target.rowCount()

                let again = try await run(["--restore", bench.path("b")], target, bench)
                #expect(again.code == 65 && again.error.contains("--replace"))
                _ = try bench.write(Array(try bench.bytes("b").dropLast(3)), to: "cut")
                let cut = try await run(["--restore", bench.path("cut"), "--replace"], target, bench)
                #expect(cut.code == 65 && cut.error.contains("the backup is damaged"))
                _ = try bench.write(Array("another passphrase".utf8), to: "backup-passphrase")
                let wrong = try await run(["--restore", bench.path("b"), "--replace"], target, bench)
                #expect(wrong.code == 65 && wrong.error.contains("the backup key does not open this backup"))
                for refused in [again, cut, wrong] {
                    #expect(refused.output.isEmpty && refused.error.split(separator: "\n").count == 1)
                    #expect(!refused.error.contains("another passphrase"))
                }
                #expect(try await target.rowCount() == rows)
            }
        }
    }

    @Test func aRestoreThatIsKilledInTheMiddleLeavesNothing() async throws {
        try await withBackup { bench, master, _ in
            try await TestStore.with(provider: master) { target in
                let pool = try target.pool()
                try await pool.withConnection {
                    try await $0.script(
                        """
                        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                            $$BEGIN PERFORM pg_sleep(60); RETURN new; END$$;
                        CREATE TRIGGER wait BEFORE INSERT ON store_quarantine FOR EACH ROW EXECUTE FUNCTION wait()
                        """)
                }
                let process = try start(["--restore", bench.path("b")], target, bench).process
                let sleeping: PostgresQuery = """
                    FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'
                    """
                let end = ContinuousClock.now + .seconds(60)
                while try await pool.query("SELECT \(sleeping)").isEmpty {
                    try #require(ContinuousClock.now < end && process.isRunning, "the restore did not come so far")
                    try await Task.sleep(for: .milliseconds(20))
                }
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                try await pool.query("SELECT pg_terminate_backend(pid) \(sleeping)")
                try await pool.withConnection { try await $0.script("DROP FUNCTION wait CASCADE") }
                #expect(try await target.rowCount() == 0)
                let again = try await run(["--restore", bench.path("b")], target, bench)
                #expect(again.code == 0, "\(again.error)")
                await pool.close()
            }
        }
    }

    /// A small store under passphrases, and its backup `b`.
    private func withBackup(
        _ body: (BackupBench, any MasterKeyProvider, BackupHeader) async throws -> Void
    ) async throws {
        let bench = try BackupBench()
        let master = try passphrase("master-passphrase", "correct horse battery", bench)
        let backup = try passphrase("backup-passphrase", "staple of backups", bench)
        try await TestStore.with(provider: master) { store in
            let authority = try await store.replica()
            let header = try await bench.backUp(authority, under: backup, to: "b")
            try await body(bench, master, header)
        }
    }

    private func passphrase(_ name: String, _ text: String, _ bench: BackupBench) throws -> PassphraseProvider {
        let path = try bench.write(Array(text.utf8), to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return PassphraseProvider(
            file: PassphraseFile(path: path), scrypt: try Scrypt(costExponent: 17, parallelism: 1))
    }

    private func run(
        _ arguments: [String], _ store: TestStore, _ bench: BackupBench
    ) async throws -> (code: Int32, output: String, error: String) {
        let (process, output, error) = try start(arguments, store, bench)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let failure = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text, failure)
    }

    private func start(
        _ arguments: [String], _ store: TestStore, _ bench: BackupBench
    ) throws -> (process: Process, output: Pipe, error: Pipe) {
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: bench.path("backup-passphrase"))
        let yaml = """
            listen: 127.0.0.1:0
            identity: spiffe://fieldseal.local/service/key-management
            tls: {certificate: none, key: none, ca: none}
            policy: none
            log: {level: error}
            database: "\(store.database)"
            master-key: {provider: passphrase, passphrase-file: master-passphrase}
            backup: {provider: passphrase, passphrase-file: backup-passphrase}
            audit: {spool: none, service: {addresses: ["127.0.0.1:1"], identity: "spiffe://fieldseal.local/service/audit"}}
            """
        let file = try bench.write(Array(yaml.utf8), to: "service.yaml")
        let process = Process()
        process.executableURL = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
            .appending(path: "key-management-service")
        process.arguments = ["--config", file] + arguments
        let (output, error) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, error)
        try process.run()
        return (process, output, error)
    }
}
