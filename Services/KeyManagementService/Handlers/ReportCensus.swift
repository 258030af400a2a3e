import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    /// Versions of one report.
    static let maximumCounts = 10_000

    func reportCensus(
        _ request: Proto.ReportCensusRequest, _ call: KeysCall
    ) async throws -> Proto.ReportCensusResponse {
        _ = try authority.unsealed()
        guard request.counts.count <= Self.maximumCounts else { throw KeyServiceError.tooMany }
        var counts: [KeyVersion?: UInt64] = [:]
        for count in request.counts {
            guard counts.updateValue(count.rows, forKey: KeyVersion(rawValue: count.version)) == nil else {
                throw KeyServiceError.malformed
            }
        }
        let (begun, overflow) = request.begunUnixMs.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { throw KeyServiceError.malformed }
        let reported = counts
        // The store's outbox tells of the success.
        let result = try await item(request.field, call, right: .reportCensus) { field in
            try await authority.report(
                reported, of: field, location: request.location, begunUnixUs: begun, isPrimary: request.primary,
                context: call.context)
        }
        switch result {
        case .success(let revision): return Proto.ReportCensusResponse(revision: revision)
        case .failure(let failure): throw failure
        }
    }
}
