import FieldsealClient

extension AuditPeriod {
    /// More key events than that are not listed.
    static let maximumKeyEvents = 5_000

    /// Asks the audit service for all of it.
    mutating func read(from client: AuditClient, _ options: CallOptions) async throws {
        let span = AuditQuery(fromUnixUs: from, untilUnixUs: until)
        var query = span
        query.operations = Self.uses
        uses = try await client.summarizeUse(query, options: options)
        query.operations = [.decrypt]
        query.outcome = .failure
        failedDecrypts = try await client.summarizeUse(query, options: options)
        query.operations = []
        (query.outcome, query.outcomeCode) = (.code, FieldsealError.Code.permissionDenied.rawValue)
        denials = try await client.summarizeUse(query, options: options)
        try await readKeyEvents(span, from: client, options)
        status = try await client.status(options: options)
        if status.publishedSize > 0 { note = try await client.publishedCheckpoint(options) }
    }

    private mutating func readKeyEvents(_ span: AuditQuery, from client: AuditClient, _ options: CallOptions)
        async throws
    {
        var query = span
        query.operations = Self.keyOperations
        query.pageSize = 1_000
        while true {
            let page = try await client.query(query, options: options)
            keyEvents += page.events.prefix(Self.maximumKeyEvents - keyEvents.count)
            hasMoreKeyEvents = !page.cursor.isEmpty && keyEvents.count >= Self.maximumKeyEvents
            guard !page.cursor.isEmpty, !hasMoreKeyEvents else { return }
            guard !page.events.isEmpty, page.cursor != query.cursor else {
                throw CommandFailure(.failed, "the audit service answered a page without events that is not the last")
            }
            query.cursor = page.cursor
        }
    }
}
