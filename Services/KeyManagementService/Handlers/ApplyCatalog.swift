import FieldsealMessages

extension KeysService {
    func applyCatalog(
        _ request: Proto.ApplyCatalogRequest, _ call: KeysCall
    ) async throws -> Proto.ApplyCatalogResponse {
        _ = try authority.unsealed()
        let declaration = try CatalogDeclaration(request.tables)
        let (plan, revision) =
            request.dryRun
            ? try await authority.planCatalog(declaration)
            : try await authority.applyCatalog(declaration, context: call.context)
        // What was changed stands in the outbox, change by change.
        if request.dryRun || plan.isEmpty { call.succeeded(count: plan.changes.count) }
        return Proto.ApplyCatalogResponse(changes: plan.changes.map(\.message), revision: revision)
    }
}
