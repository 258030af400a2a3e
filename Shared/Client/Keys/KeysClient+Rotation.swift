public import FieldsealMessages

extension KeysClient {
    /// Gives each key a new version.
    /// - Parameters:
    ///   - names: "table.field" (its field key), "table" (its data encryption key) or "master".
    ///   - custodians: with "master" alone: under which the new version is not wrapped.
    ///   - dryRun: the results are the versions that would be superseded.
    public func rotate(
        _ names: [String], without custodians: [String] = [], dryRun: Bool = false,
        options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        let request = Proto.RotateKeysRequest(keys: names, without: custodians, dryRun: dryRun)
        let response: Proto.RotateKeysResponse = try await channel.call("RotateKey", request, options: options)
        guard response.results.count == names.count else { throw .wrongCount }
        return response.results.map { $0.result }
    }

    /// Gives every key of a type, or every key of a table and its fields, a new version.
    /// - Parameters:
    ///   - type: `.unspecified`: any.
    ///   - under: a table; nil: all.
    ///   - dryRun: the results are the versions that would be superseded.
    public func rotate(
        type: KeyType = .unspecified, under: String? = nil, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [RotatedKey] {
        let request = Proto.RotateManyRequest(type: type, under: under ?? "", dryRun: dryRun)
        let response: Proto.RotateManyResponse = try await channel.call("RotateKeys", request, options: options)
        return response.results.map {
            RotatedKey(name: $0.name, type: $0.type, result: $0.result?.result ?? .failure(.noOutcome))
        }
    }

    /// Makes the version before the active one active again, while its transition lasts.
    public func rollBack(
        _ key: String, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> KeyChange {
        let request = Proto.RollbackRotationRequest(key: key, dryRun: dryRun)
        return try await change("RollbackRotation", request, options)
    }

    /// What is due, what is late, and what waits for what.
    /// - Parameter name: that key and those under it; nil: all.
    public func schedule(
        of name: String? = nil, lateOnly: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> KeySchedule {
        try await channel.call(
            "ShowSchedule", Proto.ShowScheduleRequest(name: name ?? "", lateOnly: lateOnly), options: options)
    }

    /// Stops scheduled rotations.
    /// - Parameters:
    ///   - name: a key, or a table with its fields; nil: everything.
    ///   - until: milliseconds since 1970; nil: until resumed.
    /// - Returns: what is paused then.
    public func pauseRotation(
        of name: String? = nil, until: Int64? = nil, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [PausedRotation] {
        let request = Proto.PauseRotationRequest(name: name ?? "", untilUnixMs: until ?? 0)
        let response: Proto.PauseRotationResponse = try await channel.call("PauseRotation", request, options: options)
        return response.paused
    }

    /// Ends the pause that was made under the same name.
    /// - Returns: what is still paused.
    public func resumeRotation(
        of name: String? = nil, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [PausedRotation] {
        let request = Proto.ResumeRotationRequest(name: name ?? "")
        let response: Proto.PauseRotationResponse = try await channel.call("ResumeRotation", request, options: options)
        return response.paused
    }

    /// Takes a version out of its transition: it opens nothing from then on, and can be restored.
    public func retire(
        _ key: String, version: UInt64, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> KeyChange {
        try await change(
            "RetireKey", Proto.KeyVersionRequest(key: key, version: version, dryRun: dryRun), options)
    }

    /// Puts a retired version back into transition.
    public func restore(
        _ key: String, version: UInt64, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> KeyChange {
        try await change(
            "RestoreKey", Proto.KeyVersionRequest(key: key, version: version, dryRun: dryRun), options)
    }

    private func change(
        _ method: String, _ request: some ProtoMessage, _ options: CallOptions
    ) async throws(FieldsealError) -> KeyChange {
        let response: Proto.KeyChangeResponse = try await channel.call(method, request, options: options)
        return KeyChange(keys: response.keys, revision: response.revision)
    }
}

/// What became of one key of many that were rotated.
public struct RotatedKey: Sendable {
    public var name: String
    public var type: KeyType
    public var result: Result<FieldKeyReference, FieldsealError>
}

/// Versions that were changed, as they are after it, and the store's revision then.
public struct KeyChange: Sendable {
    public var keys: [KeyInfo]
    public var revision: UInt64
}
