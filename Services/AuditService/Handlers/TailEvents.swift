import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

extension AuditRPC {
    /// Sends what is stored as it is stored, from `after_index` or from now on.
    func tail(_ request: RPCRequest, _ writer: ServerStreamWriter) async throws {
        do {
            let message: Proto.TailEventsRequest = try decode(request)
            let filter = try EventFilter(message.filter ?? Proto.QueryRequest(), ignoringTimes: true)
            guard let after = Int64(exactly: message.afterIndex) else { throw AuditServiceError.filter }
            var position = after == 0 ? try await log.lastIndex() : after
            let wakes = try watch.wakes()
            try await record(request, .tailAudit)
            for await _ in wakes {
                position = try await send(filter, after: position, writer)
            }
        } catch {
            let failure = AuditServiceError(error)
            // Whoever tails ends it by going.
            guard failure.status.code != .cancelled else { throw failure.status }
            throw try await recorded(failure, request, .tailAudit)
        }
    }

    /// Sends all events that match between `position` and the end of the log; answers that end.
    private func send(_ filter: EventFilter, after position: Int64, _ writer: ServerStreamWriter) async throws -> Int64
    {
        let end = try await log.lastIndex()
        var position = position
        while position < end {
            let page = try await log.page(filter, PageRequest(after: position, upTo: end))
            if !page.events.isEmpty {
                try await writer.send(Proto.QueryResponse(events: page.events).encoded())
            }
            position = page.last ?? end
        }
        return position
    }
}
