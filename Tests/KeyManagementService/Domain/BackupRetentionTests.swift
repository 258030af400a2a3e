import Testing

@testable import KeyManagementService

@Suite struct BackupRetentionTests {
    @Test func whatIsErasedIsGoneWithTheLastBackup() {
        #expect(BackupRetention(days: 30).lastBackupExpiry(ofUnixUs: 5) == 30 * 86_400_000_000 + 5)
        #expect(BackupRetention(days: 0).lastBackupExpiry(ofUnixUs: 5) == 5)
        #expect(BackupRetention(days: .max).lastBackupExpiry(ofUnixUs: .max) == .max)
    }

    @Test func withoutADeclarationNothingIsSaid() {
        #expect(BackupRetention.undeclared.lastBackupExpiry(ofUnixUs: 5) == 0)
    }
}
