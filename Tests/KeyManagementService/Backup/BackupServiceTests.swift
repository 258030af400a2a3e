import FieldsealAlerts
import FieldsealAuditTrail
import Foundation
import Synchronization
import Testing

@testable import KeyManagementService

@Suite(.enabled(if: TestStore.isConfigured)) struct BackupServiceTests {
    @Test func backupsComeByScheduleVerifiedAndOldOnesGo() async throws {
        try await withService { service, clock, bench in
            let folder = BackupFolder(path: bench.folder)
            _ = try bench.write([1], to: ".fieldseal-1-1.partial")
            for day in 1...4 {
                await service.tick()
                await service.tick()
                #expect(try folder.names().count == min(day, 2))
                clock.pass(23 * 3_600_000_000)
                await service.tick()
                #expect(try folder.names().count == min(day, 2), "not due yet")
                clock.pass(3_601_000_000)
            }
            let names = try folder.names()
            #expect(names.last == "fieldseal-20270118T080003Z-r1.backup")
            for name in names { #expect(await bench.check(try bench.bytes(name)) == nil) }
            let mode = try FileManager.default.attributesOfItem(atPath: folder.file(names[0]))[.posixPermissions]
            #expect(mode as? Int == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder).allSatisfy { !$0.hasPrefix(".") })
            #expect(try await alerts(service).isEmpty)
        }
    }

    @Test func aFailureIsToldAndTriedAgainLater() async throws {
        try await withService { service, clock, bench in
            let pool = service.authority.pool
            try await pool.query("UPDATE encryption_keys SET metadata = '{\"x\":1}' WHERE key_type = 'audit-hash'")
            await service.tick()
            let folder = BackupFolder(path: bench.folder)
            #expect(try folder.names().isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder).allSatisfy { !$0.hasPrefix(".") })
            #expect(try await alerts(service) == ["backup-failed critical"])
            try await pool.query("UPDATE encryption_keys SET metadata = '{}' WHERE key_type = 'audit-hash'")
            await service.tick()
            #expect(try folder.names().isEmpty, "it rests")
            clock.pass(BackupService.pause)
            await service.tick()
            #expect(try folder.names().count == 1)
        }
    }

    private func alerts(_ service: BackupService) async throws -> [String] {
        try await service.authority.pool.query("SELECT kind || ' ' || severity AS alert FROM alerts").map {
            try $0.value("alert")
        }
    }

    private func withService(
        _ body: (BackupService, ManualClock, BackupBench) async throws -> Void
    ) async throws {
        let bench = try BackupBench()
        let clock = ManualClock()
        try await TestStore.with { store in
            let authority = try store.sealedReplica(clock: { clock.now })
            try await authority.unseal()
            let spool = try BackupBench()
            let trail = try AuditTrail(
                configuration: AuditTrailConfiguration(
                    producer: authority.identity, directory: spool.path("spool")), sink: RecordingSink(),
                logger: TestStore.logger)
            let service = BackupService(
                authority: authority, provider: bench.provider,
                schedule: .init(directory: bench.folder, everyHours: 24, keep: 2), trail: trail,
                logger: TestStore.logger)
            try await withThrowingTaskGroup { group in
                group.addTask { try await trail.run() }
                try await body(service, clock, bench)
                group.cancelAll()
            }
        }
    }

    private final class ManualClock: Sendable {
        private let time = Mutex<Int64>(1_800_000_000_000_000)
        var now: Int64 { time.withLock { $0 } }
        func pass(_ microseconds: Int64) { time.withLock { $0 += microseconds } }
    }
}
