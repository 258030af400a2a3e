import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealCustody
import Logging
import ServiceLifecycle
import Synchronization

/// Writes backups into a folder by schedule: each is written under a passing name, synchronized, read again and verified
/// row by row, and only then called a backup. One replica at a time; replicas with folders of their own each keep theirs.
final class BackupService: Service, Sendable {
    static let period = Duration.seconds(60)
    /// After a failure, in microseconds.
    static let pause: Int64 = 10 * 60 * 1_000_000

    let authority: KeyAuthority
    let provider: any MasterKeyProvider
    let schedule: BackupSettings.Schedule
    let trail: AuditTrail
    let logger: Logger
    private let restsUntil = Mutex<Int64>(.min)

    init(
        authority: KeyAuthority, provider: any MasterKeyProvider, schedule: BackupSettings.Schedule, trail: AuditTrail,
        logger: Logger
    ) {
        self.authority = authority
        self.provider = provider
        self.schedule = schedule
        self.trail = trail
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.tick()
                try? await Task.sleep(for: Self.period)
            }
        }
    }

    /// Makes a backup where one is due. A failure is recorded, and told to administrators.
    func tick() async {
        let now = authority.clock()
        guard !authority.isSealed, restsUntil.withLock({ $0 <= now }) else { return }
        let folder = BackupFolder(path: schedule.directory)
        do {
            guard try folder.isDue(everyHours: schedule.everyHours, nowUnixUs: now) else { return }
            let header = try await make(in: folder)
            logger.notice("backed up", metadata: ["file": "\(BackupFolder.name(header))"])
            await record { $0.storeRevision = header.state.revision }
        } catch {
            let failure = KeyServiceError(error)
            guard failure != .backupRuns, failure.code != .cancelled else { return }
            restsUntil.withLock { $0 = now + Self.pause }
            logger.error("no backup was made", metadata: ["error": "\(failure)"])
            await record {
                $0.outcome = failure.code.rawValue
                $0.cause = failure.cause
            }
            await authority.alerts.raise(
                Alert(
                    .backupFailed, .critical, object: schedule.directory,
                    text: "the key store was not backed up: \(failure)"))
        }
    }

    private func make(in folder: BackupFolder) async throws -> BackupHeader {
        let file = try folder.begin()
        return try await authority.backUp(
            under: provider, write: { try await file.write($0) },
            finish: { reader, header in
                try await file.synchronize()
                let written = try BackupFile(path: file.path)
                guard written.header == header else { throw BackupError.damaged }
                _ = try await BackupRehearsal.load(written, under: provider, in: reader.connection)
                try await reader.verifyAll(from: header)
                try await folder.keep(file, as: BackupFolder.name(header), keep: schedule.keep)
                return header
            })
    }

    private func record(_ change: (inout AuditEvent) -> Void) async {
        var event = AuditEvent(actor: AuditActor(identity: authority.identity), operation: .backupStore)
        change(&event)
        do {
            try await trail.record(event)
        } catch {
            logger.error("the backup was not recorded", metadata: ["error": "\(error)"])
        }
    }
}
