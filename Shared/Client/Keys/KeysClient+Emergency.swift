public import FieldsealMessages

extension KeysClient {
    /// Marks versions of a key as compromised, and makes new versions of all that was ever under them.
    /// - Parameters:
    ///   - version: nil: every version of the key.
    ///   - reason: for administrators; at most 500 bytes.
    ///   - suspectedSince: milliseconds since 1970.
    ///   - custodians: under which a new master key is not wrapped.
    public func compromise(
        _ key: String, version: UInt64? = nil, reason: String, suspectedSince: Int64, without custodians: [String] = [],
        dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> CompromiseReport {
        let request = Proto.CompromiseKeyRequest(
            key: key, version: version ?? 0, reason: reason, suspectedSinceUnixMs: suspectedSince, dryRun: dryRun,
            without: custodians)
        return try await channel.call("CompromiseKey", request, options: options)
    }

    /// Which encryption services have acknowledged the store's changes.
    /// - Parameters:
    ///   - revision: up to this one; nil: the newest.
    ///   - wait: how long to wait for all of them, at most 10 seconds.
    public func propagation(
        of revision: UInt64? = nil, wait: Duration = .zero, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> Propagation {
        let milliseconds = min(max(0, wait / .milliseconds(1)), 10_000)
        let request = Proto.ShowPropagationRequest(revision: revision ?? 0, waitMs: UInt32(milliseconds))
        return try await channel.call("ShowPropagation", request, options: options)
    }
}
