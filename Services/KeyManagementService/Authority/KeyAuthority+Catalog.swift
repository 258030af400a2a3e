import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealPostgres

extension KeyAuthority {
    func catalog() async throws -> (catalog: Catalog, revision: UInt64) {
        try await read { reader in (try await reader.catalog(), try await reader.revision().revision) }
    }

    /// What applying `declaration` would change; nothing is.
    func planCatalog(_ declaration: CatalogDeclaration) async throws -> (plan: CatalogPlan, revision: UInt64) {
        try await read { reader in
            (
                try await self.plan(declaration, catalog: try await reader.catalog(), reader: reader),
                try await reader.revision().revision
            )
        }
    }

    /// Brings the catalog to `declaration`, with new versions for keys whose protection changed; all or nothing.
    func applyCatalog(
        _ declaration: CatalogDeclaration, context: CallContext
    ) async throws -> (plan: CatalogPlan, revision: UInt64) {
        let (plan, revision) = try await change { writer in
            let plan = try await self.plan(
                declaration, catalog: try await writer.reader.catalog(), reader: writer.reader)
            try await writer.write(plan)
            for change in plan.changes {
                var event = context.event(.applyCatalog, of: change.object, version: nil)
                event.cause = AuditCause(change.kind.rawValue) ?? .none
                event.storeRevision = writer.revision
                writer.events.append(event)
            }
            if !plan.reversioned.isEmpty {
                let entries = try await writer.reader.entries(where: "id = ANY(\(plan.reversioned.map(\.uuid)))")
                _ = try await self.rotateFields(entries, writer: writer, context: context)
            }
            return plan
        }
        return (plan, revision)
    }

    private func plan(
        _ declaration: CatalogDeclaration, catalog: Catalog, reader: StoreReader
    ) async throws -> CatalogPlan {
        try CatalogPlan(
            from: catalog, to: declaration,
            under: .init(
                defaultSuite: .preferred, keyed: try await reader.keyedFields("is_active"),
                recordBound: try await reader.keyedFields("row_bound OR record_keys"), makeID: { ObjectID.random() }))
    }
}

extension StoreReader {
    /// Fields that have a version of which `condition` holds. Read unverified: a lie here only refuses or rotates.
    fileprivate func keyedFields(_ condition: PostgresQuery) async throws -> Set<ObjectID> {
        let rows = try await connection.query(
            "SELECT DISTINCT key_id FROM encryption_keys WHERE key_type = 'fek' AND (\(condition))")
        return Set(try rows.map { try $0.objectID("key_id") })
    }
}
