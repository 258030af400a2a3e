public import FieldsealMessages

extension KeysClient {
    /// Destroys a retired version as soon as every condition for it holds.
    public func scheduleDestruction(
        of key: String, version: UInt64, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> DestructionReport {
        try await destruction("ScheduleDestruction", key, version, dryRun, options)
    }

    /// Takes back a destruction that has not happened.
    public func cancelDestruction(
        of key: String, version: UInt64, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> DestructionReport {
        try await destruction("CancelDestruction", key, version, dryRun, options)
    }

    /// Destroys a version before its time: the first identity proposes, a second one that asks for the same does it.
    public func forceDestruction(
        of key: String, version: UInt64, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> DestructionReport {
        try await destruction("ForceDestruction", key, version, dryRun, options)
    }

    /// Deletes the key of a subject in a table, and with it whatever was sealed for the subject.
    /// - Parameter subject: the caller's name for it, 1 to 256 bytes.
    public func eraseSubject(
        _ subject: [UInt8], in table: String, dryRun: Bool = false, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> SubjectErasure {
        let request = Proto.EraseSubjectRequest(table: table, subjectID: subject, dryRun: dryRun)
        return try await channel.call("EraseSubject", request, options: options)
    }

    private func destruction(
        _ method: String, _ key: String, _ version: UInt64, _ dryRun: Bool, _ options: CallOptions
    ) async throws(FieldsealError) -> DestructionReport {
        let request = Proto.KeyVersionRequest(key: key, version: version, dryRun: dryRun)
        return try await channel.call(method, request, options: options)
    }
}
