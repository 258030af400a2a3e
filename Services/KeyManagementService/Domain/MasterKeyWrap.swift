import FieldsealCrypto

/// One version of the master key wrapped under one custodian: a row of `master_key_wraps`.
struct MasterKeyWrap: Sendable, Equatable {
    /// What the last recovery drill found.
    struct Drill: Sendable, Equatable {
        var unixUs: Int64
        /// A fixed word; `passed` where it did.
        var outcome: String

        static let passed = "passed"

        var hasPassed: Bool { outcome == Self.passed }
    }

    /// Of the row.
    var id: ObjectID
    /// The master key's.
    var version: KeyVersion
    /// The custodian's name in the configuration.
    var custodian: String
    /// Its provider when the wrap was made.
    var provider: String
    var algorithm: String
    var wrapped: [UInt8]
    var addedUnixUs: Int64
    var drill: Drill?
    /// The store revision that wrote the row.
    var revision: UInt64 = 0

    /// Every column, for the row's MAC.
    var canonical: CanonicalRow {
        var row = CanonicalRow(table: "master_key_wraps", revision: revision)
        row.append("id", id)
        row.append("version", Int64(bitPattern: version.rawValue))
        row.append("custodian", custodian)
        row.append("provider", provider)
        row.append("algorithm", algorithm)
        row.append("wrapped", wrapped)
        row.append("added_at", addedUnixUs)
        row.append("drilled_at", drill?.unixUs)
        row.append("drill_outcome", drill?.outcome)
        return row
    }
}

/// A version of the master key with all its wraps.
struct StoredMaster: Sendable, Equatable {
    /// What stands beside a master key whose wraps are rows of their own.
    static let algorithm = "custodians"

    var record: KeyRecord
    /// In the order of the custodians' names.
    var wraps: [MasterKeyWrap]

    /// - Throws: `KeyServiceError.damaged` unless the wraps are exactly those of the custodians that the record names.
    init(_ record: KeyRecord, wraps: [MasterKeyWrap]) throws(KeyServiceError) {
        self.record = record
        self.wraps = wraps.sorted { $0.custodian < $1.custodian }
        guard self.wraps.map(\.custodian) == record.custodians else {
            throw .damaged("the master key's wraps are not those of its custodians")
        }
    }

    /// Who holds it, sorted; on wish only those whose key is not one of the store's.
    func holders(withShares: Bool) -> [String] {
        wraps.filter { withShares || $0.provider != "shares" }.map(\.custodian)
    }

    func wrap(of custodian: String) -> MasterKeyWrap? { wraps.first { $0.custodian == custodian } }
}

extension KeyRecord {
    /// Of a master key: the custodians that it is wrapped under, sorted. They stand in the row, under its MAC, so that a
    /// wrap that was deleted, or a removed one that was put back, is noticed.
    var custodians: [String] {
        guard identity.kind == .master, let start = metadata.firstRange(of: Self.custodiansKey) else { return [] }
        let list = metadata[start.upperBound...].prefix { $0 != "]" }
        return list.split(separator: ",").map { $0.trimmingPrefix("\"").prefix { $0 != "\"" } }.map(String.init)
    }

    private static let custodiansKey = "\"custodians\":["

    /// A master key's metadata. Custodians' names hold nothing that JSON would escape.
    static func metadata(custodians: some Sequence<String>) -> String {
        "{\(custodiansKey)\(custodians.sorted().map { "\"\($0)\"" }.joined(separator: ","))]}"
    }

    /// Whether the wrap stands in the row itself: of a store that had one custodian, before there could be several.
    var isWrappedInPlace: Bool { identity.kind == .master && !encryptedKey.isEmpty }
}
