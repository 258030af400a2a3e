import FieldsealMessages

extension KeysService {
    func showCensus(_ request: Proto.ShowCensusRequest, _ call: KeysCall) async throws -> Proto.ShowCensusResponse {
        guard let field = FieldName(request.field) else { throw KeyServiceError.unknownField }
        let censuses = try await authority.censuses(of: field)
        call.succeeded(field)
        return Proto.ShowCensusResponse(censuses: censuses.map { $0.message(of: field) })
    }
}

extension Census {
    func message(of field: FieldName) -> Proto.Census {
        Proto.Census(
            field: "\(field)", location: location, begunUnixMs: begunUnixUs / 1_000,
            reportedUnixMs: reportedUnixUs / 1_000, reporter: reporter,
            counts: entries.map { Proto.CensusCount(version: $0.version?.rawValue ?? 0, rows: $0.rows) })
    }
}
