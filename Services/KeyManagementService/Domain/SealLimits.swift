import FieldsealAlerts
import FieldsealCrypto

/// How many values one version seals where its suite has random 96-bit nonces: NIST SP 800-38D, section 8.3, allows 2^32
/// under one key.
struct SealLimits: Sendable, Equatable {
    /// From so many on the version is rotated.
    var rotation: Int64 = 1 << 31
    /// No more are given out.
    var refusal: Int64 = 1 << 32
    /// The suite that a field moves to whose version came to its rotation in less than `shortLife`; nil: it stays.
    var exhaustionSuite: CipherSuite? = .xaes256GCM
    /// Seals of one lease, at most.
    var largestLease: Int64 = 1 << 22

    static let shortLife = 7 * RotationPolicy.day

    /// What a request gets; 0 where nothing is left.
    func granted(_ wanted: UInt32, of record: KeyRecord) -> Int64 {
        max(0, min(Int64(wanted), largestLease, refusal - record.leased))
    }

    /// Whether the version has come to its rotation: it is neither made active again nor sealed beside another.
    func isSpent(_ record: KeyRecord) -> Bool { record.countsSeals && record.leased >= rotation }

    /// The suite of the field's next version where this one was spent too soon for its own.
    func suite(after record: KeyRecord, atUnixUs now: Int64) -> CipherSuite? {
        isSpent(record) && now - record.createdUnixUs < Self.shortLife ? exhaustionSuite : nil
    }

    /// What administrators hear when a lease takes a version from `before` to `after` seals.
    func alert(of field: String, before: Int64, after: Int64) -> Alert? {
        let critical = refusal - (refusal - rotation) / 4
        if before < refusal, after >= refusal {
            return Alert(
                .budgetNearLimit, .critical, object: field,
                text: "every seal of the active version is given out; nothing is sealed until it is rotated")
        }
        if before < critical, after >= critical {
            return Alert(
                .budgetNearLimit, .critical, object: field,
                text: "\(after) of \(refusal) seals of the active version are given out, and it is not rotated")
        }
        guard before < rotation, after >= rotation else { return nil }
        return Alert(
            .budgetNearLimit, .warning, object: field,
            text: "\(after) of \(refusal) seals of the active version are given out: it is due for rotation")
    }
}

extension KeyRecord {
    /// Whether what is sealed under the version alone is counted.
    var countsSeals: Bool { protection?.suite.hasSealLimit == true }
}
