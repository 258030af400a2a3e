public import FieldsealMessages

/// Calls to the key-management service.
public struct KeysClient: Sendable {
    let channel: ServiceChannel

    init(_ channel: ServiceChannel) {
        self.channel = channel
    }

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

    /// Gives each key a new version.
    /// - Parameter names: "table.field" (its field key), "table" (its data encryption key) or "master".
    public func rotate(
        _ names: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        let request = Proto.RotateKeysRequest(keys: names)
        let response: Proto.RotateKeysResponse = try await channel.call("RotateKey", request, options: options)
        guard response.results.count == names.count else { throw .wrongCount }
        return response.results.map { $0.result }
    }

    /// Key versions, without the wrapped keys.
    /// - Parameters:
    ///   - name: as in `rotate`, or "table.field/index"; nil: all.
    ///   - type: `.unspecified`: all.
    public func list(
        name: String? = nil, type: KeyType = .unspecified, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [KeyInfo] {
        let request = Proto.ListKeysRequest(name: name ?? "", type: type)
        let response: Proto.ListKeysResponse = try await channel.call("ListKeys", request, options: options)
        return response.keys
    }

    /// One version of a key, and all its versions.
    /// - Parameter version: nil: the active one.
    public func show(
        _ name: String, version: UInt64? = nil, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> (key: KeyInfo, versions: [KeyInfo]) {
        let request = Proto.ShowKeyRequest(name: name, version: version ?? 0)
        let response: Proto.ShowKeyResponse = try await channel.call("ShowKey", request, options: options)
        guard let key = response.key else { throw .noOutcome }
        return (key, response.versions)
    }

    public func status(options: CallOptions = CallOptions()) async throws(FieldsealError) -> KeysStatus {
        try await channel.call("Status", Proto.KeysStatusRequest(), options: options)
    }
}
