import FieldsealMessages

extension KeysService {
    func getCatalog(_ request: Proto.GetCatalogRequest, _ call: KeysCall) async throws -> Proto.GetCatalogResponse {
        let (catalog, revision) = try await authority.catalog()
        call.succeeded()
        return Proto.GetCatalogResponse(tables: catalog.messages, revision: revision)
    }
}
