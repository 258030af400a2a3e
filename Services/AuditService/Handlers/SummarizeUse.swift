import FieldsealMessages

extension AuditRPC {
    /// Who used what, how often, and from when to when.
    func summarizeUse(_ request: Proto.SummarizeUseRequest) async throws -> Proto.SummarizeUseResponse {
        try await log.use(try UseRequest(request))
    }
}
