import FieldsealMessages

extension KeysService {
    func acceptRestore(
        _ request: Proto.AcceptRestoreRequest, _ call: KeysCall
    ) async throws -> Proto.AcceptRestoreResponse {
        _ = try authority.unsealed()
        let (outcome, revision) = try await authority.acceptRestore(
            revision: request.revision, dryRun: request.dryRun, context: call.context)
        // What was changed stands in the outbox.
        if request.dryRun { call.succeeded(object: "store", count: outcome.replayed.count) }
        return Proto.AcceptRestoreResponse(
            revision: revision, loggedRevision: outcome.loggedRevision, replayed: outcome.replayed.map(\.message),
            rotated: outcome.rotated.map(\.message))
    }
}

extension ReplayedChange {
    fileprivate var message: Proto.ReplayedEvent {
        Proto.ReplayedEvent(
            operation: Self.kebab("\(operation)"), object: object, version: version?.rawValue ?? 0,
            unixMs: unixUs / 1_000)
    }

    /// `compromiseKey` as `compromise-key`.
    private static func kebab(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "-\(letter.lowercased())" : "\(letter)"
        }
    }
}
