/// How long backups of the key store are kept, as the operator declares it. What was erased from the store is gone for
/// good once the last backup that holds it has expired.
struct BackupRetention: Sendable, Equatable {
    /// Nil: not declared, so that nothing can be said.
    let days: UInt32?

    static let undeclared = BackupRetention(days: nil)

    /// When the last backup that was made up to `time` expires, in microseconds since 1970; 0 where it is not declared.
    func lastBackupExpiry(ofUnixUs time: Int64) -> Int64 {
        guard let days else { return 0 }
        let (span, isTooLong) = Int64(days).multipliedReportingOverflow(by: 86_400_000_000)
        let (expiry, isTooLate) = time.addingReportingOverflow(span)
        return isTooLong || isTooLate ? .max : expiry
    }
}
