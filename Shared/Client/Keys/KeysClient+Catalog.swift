public import FieldsealMessages

extension KeysClient {
    /// The changes that made, or with `dryRun` would make, the store's catalog equal to `tables`.
    public func applyCatalog(
        _ tables: [CatalogTable], dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> (changes: [CatalogChange], revision: UInt64) {
        let request = Proto.ApplyCatalogRequest(tables: tables, dryRun: dryRun)
        let response: Proto.ApplyCatalogResponse = try await channel.call("ApplyCatalog", request, options: options)
        return (response.changes, response.revision)
    }

    /// The catalog and the revision of the store that it was read at.
    public func catalog(
        options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> (tables: [CatalogTable], revision: UInt64) {
        let response: Proto.GetCatalogResponse =
            try await channel.call("GetCatalog", Proto.GetCatalogRequest(), options: options)
        return (response.tables, response.revision)
    }

    /// Makes sure that each field ("table.field") has an active key.
    public func ensureFieldKeys(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        let request = Proto.EnsureFieldKeyRequest(fields: fields)
        let response: Proto.EnsureFieldKeyResponse = try await channel.call("EnsureFieldKey", request, options: options)
        guard response.results.count == fields.count else { throw .wrongCount }
        return response.results.map { $0.result }
    }
}
