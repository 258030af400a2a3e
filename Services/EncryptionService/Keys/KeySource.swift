import FieldsealMessages

/// Where keys come from: key management, or a test's own.
protocol KeySource: Sendable {
    /// Asks for keys, opened into locked memory. Selectors of the active version make it where there is none.
    ///
    /// - Returns: one result per request, in order.
    /// - Throws: why nothing could be asked, `keysUnavailable` where key management is out of reach.
    func fieldKeys(_ requests: [FieldKeyRequest]) async throws(ItemFailure) -> [Result<FieldKeyMaterial, ItemFailure>]

    /// Asks for more seals.
    ///
    /// - Returns: how many, one result per request, in order; `versionInactive` where another version is active by now.
    func lease(_ requests: [LeaseRequest]) async throws(ItemFailure) -> [Result<UInt32, ItemFailure>]

    /// Asks for keys of subjects, opened into locked memory. One that is named by the caller is made where there is none.
    ///
    /// - Returns: one result per selector, in order.
    func subjectKeys(_ selectors: [KeySelector]) async throws(ItemFailure) -> [Result<SubjectKeyMaterial, ItemFailure>]

    /// Follows what changes after `position`, a revision of the store; 0: from now.
    ///
    /// - Parameter replica: 16 bytes that name this process.
    func changes(after position: UInt64, replica: [UInt8]) -> AsyncThrowingStream<Proto.KeyChanges, any Error>

    /// Says that this process uses nothing any more that was ended up to `position`.
    func acknowledge(_ position: UInt64, replica: [UInt8]) async throws(ItemFailure)

    /// Asks for the key under which record ids are hashed.
    func auditHashKey() async throws(ItemFailure) -> AuditHashMaterial

    /// Makes sure that each field has an active key. `actor` is recorded there as asserted.
    ///
    /// - Returns: one result per field, in order.
    func ensureFieldKeys(
        _ fields: [String], actor: String
    ) async throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>]

    /// Gives each field a new active version. `actor` is recorded there as asserted.
    ///
    /// - Returns: one result per field, in order.
    func rotateFieldKeys(
        _ fields: [String], actor: String
    ) async throws(ItemFailure) -> [Result<Proto.FieldKeyReference, ItemFailure>]
}
