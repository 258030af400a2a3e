import FieldsealCrypto

/// The last count of a field's values by key version, in one of the places that hold them.
struct Census: Sendable, Equatable {
    var field: ObjectID
    /// As the catalog declares it; empty: the field's own column.
    var location: String
    /// When the count began, after every transaction then open had ended.
    var begunUnixUs: Int64
    var reportedUnixUs: Int64
    /// The identity that reported it.
    var reporter: String
    var isPrimary: Bool
    /// By version, in the order of the versions. Those without rows are in it too.
    var entries: [Entry]

    struct Entry: Sendable, Equatable {
        /// Nil: values that are no ciphertext.
        var version: KeyVersion?
        var rows: UInt64
        /// When the first of an unbroken row of counts began that found nothing and that count; nil: there is none.
        var emptySinceUnixUs: Int64?
    }
}

/// Whether a count says that nothing is left under a version. A count says so only when it was made on the primary, and
/// began after the version had left `active` for longer than the longest lease: until then somebody may still have sealed.
enum CensusRules {
    /// What one report makes of the census before it.
    ///
    /// - Parameters:
    ///   - counts: rows by version; nil is for values that are no ciphertext. Versions without rows may be missing.
    ///   - versions: the field's versions that hold a key.
    static func census(
        _ report: Report, counts: [KeyVersion?: UInt64], versions: [KeyRecord], after former: Census?
    ) -> Census {
        let known = Dictionary(
            (former?.entries ?? []).map { ($0.version, $0.emptySinceUnixUs) }, uniquingKeysWith: { first, _ in first })
        let byVersion = Dictionary(versions.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
        let all = Set(counts.keys).union(byVersion.keys.map(Optional.some))
        let entries = all.sorted { ($0?.rawValue ?? 0) < ($1?.rawValue ?? 0) }.map { version in
            let rows = counts[version] ?? 0
            var emptySince: Int64?
            if rows == 0, let version, let record = byVersion[version], let earliest = earliestBegin(for: record) {
                let before = known[version].flatMap { $0 }.flatMap { $0 > earliest ? $0 : nil }
                emptySince = before ?? (report.isPrimary && report.begunUnixUs > earliest ? report.begunUnixUs : nil)
            }
            return Census.Entry(version: version, rows: rows, emptySinceUnixUs: emptySince)
        }
        return Census(
            field: report.field, location: report.location, begunUnixUs: report.begunUnixUs,
            reportedUnixUs: report.reportedUnixUs, reporter: report.reporter, isPrimary: report.isPrimary,
            entries: entries)
    }

    struct Report: Sendable {
        var field: ObjectID
        var location: String
        var begunUnixUs: Int64
        var reportedUnixUs: Int64
        var reporter: String
        var isPrimary: Bool
    }

    /// Since when nothing is left under the version in any place; nil: something is, or may be.
    static func emptySince(_ record: KeyRecord, lifecycle: FieldLifecycle, censuses: [Census]) -> Int64? {
        guard let earliest = earliestBegin(for: record) else { return nil }
        var latest = Int64.min
        for location in [""] + lifecycle.locations {
            guard let census = censuses.first(where: { $0.location == location }),
                let entry = census.entries.first(where: { $0.version == record.version }), entry.rows == 0,
                let since = entry.emptySinceUnixUs, since > earliest
            else { return nil }
            latest = max(latest, since)
        }
        return latest
    }

    /// The rows that the last counts found; nil where a place was never counted.
    static func rows(of record: KeyRecord, lifecycle: FieldLifecycle, censuses: [Census]) -> UInt64? {
        var sum: UInt64 = 0
        for location in [""] + lifecycle.locations {
            guard let census = censuses.first(where: { $0.location == location }) else { return nil }
            let rows = census.entries.first { $0.version == record.version }?.rows ?? 0
            sum = sum.addingReportingOverflow(rows).overflow ? .max : sum + rows
        }
        return sum
    }

    /// A count that begins later says something of the version; nil while it is still in use.
    private static func earliestBegin(for record: KeyRecord) -> Int64? {
        switch record.state {
        case .pending, .active: nil
        case .transition, .retired, .compromised, .destroyed: record.leftActiveUnixUs + RotationPolicy.longestLease
        }
    }
}
