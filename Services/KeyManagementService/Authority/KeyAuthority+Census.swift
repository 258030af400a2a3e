import FieldsealAuditTrail
import FieldsealCrypto

extension KeyAuthority {
    /// A clock of a reporter may go ahead of this one by so much.
    private static let clockTolerance: Int64 = 60_000_000

    /// Takes what somebody counted in one place of a field's values.
    ///
    /// - Throws: `KeyServiceError.unknownField`; `unknownLocation` where the catalog does not declare it; `censusTime`
    ///   where it began before the one that is known, or in the future.
    func report(
        _ counts: [KeyVersion?: UInt64], of field: FieldName, location: String, begunUnixUs: Int64, isPrimary: Bool,
        context: CallContext
    ) async throws -> UInt64 {
        try await change { writer in
            guard let entry = try await writer.reader.field(field) else { throw KeyServiceError.unknownField }
            guard location.isEmpty || entry.field.lifecycle.locations.contains(location) else {
                throw KeyServiceError.unknownLocation
            }
            let former = try await writer.reader.censuses(of: entry.field.id).first { $0.location == location }
            guard begunUnixUs > 0, begunUnixUs <= writer.nowUnixUs + Self.clockTolerance,
                begunUnixUs >= former?.begunUnixUs ?? 0
            else { throw KeyServiceError.censusTime }
            let versions = try await writer.reader.keys(
                "key_type = 'fek' AND key_id = \(entry.field.id.uuid) AND state <> 'destroyed'", limit: Int(Int32.max))
            let report = CensusRules.Report(
                field: entry.field.id, location: location, begunUnixUs: begunUnixUs, reportedUnixUs: writer.nowUnixUs,
                reporter: context.actor.identity, isPrimary: isPrimary)
            try await writer.write(CensusRules.census(report, counts: counts, versions: versions, after: former))
            try await writer.closeReencryption(of: entry.field.id)
            var event = context.event(.reportCensus, of: "\(field)", version: nil)
            event.table = field.table
            event.field = field.field
            event.storeRevision = writer.revision
            writer.events.append(event)
        }.revision
    }

    /// The last count of each place of a field that was counted.
    func censuses(of field: FieldName) async throws -> [Census] {
        try await read { reader in
            guard let entry = try await reader.field(field) else { throw KeyServiceError.unknownField }
            return try await reader.censuses(of: entry.field.id)
        }
    }
}
