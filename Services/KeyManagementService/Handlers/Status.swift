import FieldsealMessages

extension KeysService {
    /// Answers while sealed, too.
    func status(_ request: Proto.KeysStatusRequest, _ call: KeysCall) async throws -> Proto.KeysStatusResponse {
        var response = Proto.KeysStatusResponse(sealed: authority.isSealed, provider: authority.custodians.description)
        if !response.sealed {
            let counts = try await authority.counts()
            response.revision = counts.revision
            response.quarantined = counts.isQuarantined
            response.tables = counts.tables
            response.fields = counts.fields
            response.keys = counts.keys
            response.outboxPending = counts.outboxPending
            response.lateRotations = counts.lateRotations
        }
        call.succeeded()
        return response
    }
}
