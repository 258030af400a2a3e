public import FieldsealMessages

/// Calls to the key-management service.
public struct KeysClient: Sendable {
    let channel: ServiceChannel

    init(_ channel: ServiceChannel) {
        self.channel = channel
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

    /// What administrators were told, newest first.
    /// - Parameters:
    ///   - since: milliseconds since 1970; 0: from the first.
    ///   - limit: 0: 100.
    public func alerts(
        since: Int64 = 0, limit: UInt32 = 0, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [RaisedAlert] {
        let request = Proto.ListAlertsRequest(sinceUnixMs: since, limit: limit)
        let response: Proto.ListAlertsResponse = try await channel.call("ListAlerts", request, options: options)
        return response.alerts
    }
}
