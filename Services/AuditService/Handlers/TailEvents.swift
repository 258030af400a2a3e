import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

extension AuditRPC {
    /// Sends what is stored as it is stored, from `after_index` or from now on.
    func tail(_ request: RPCRequest, _ writer: ServerStreamWriter) async throws {
        var inquiry = ""
        do {
            let message: Proto.TailEventsRequest = try decode(request)
            let query = message.filter ?? Proto.QueryRequest()
            inquiry = query.inquiry
            _ = try EventFilter(query, ignoringTimes: true)
            guard let after = Int64(exactly: message.afterIndex) else { throw AuditServiceError.filter }
            var position = after == 0 ? try await log.lastIndex() : after
            let wakes = try watch.wakes()
            try await record(request, .tailAudit, object: inquiry)
            for await _ in wakes {
                // A policy that is read again counts for streams, too.
                guard policy.grant(for: request.peer.identity).allows(.tailAudit) else {
                    throw AuditServiceError.notGranted
                }
                let scope = scope(of: request.peer)
                let filter = try EventFilter(query, ignoringTimes: true, within: scope)
                position = try await send(filter, scope, after: position, writer)
            }
        } catch {
            let failure = AuditServiceError(error)
            // Whoever tails ends it by going.
            guard failure.status.code != .cancelled else { throw failure.status }
            throw try await recorded(failure, request, .tailAudit, object: inquiry)
        }
    }

    /// Sends all events that match between `position` and the end of the log; answers that end.
    private func send(
        _ filter: EventFilter, _ scope: AuditScope, after position: Int64, _ writer: ServerStreamWriter
    ) async throws -> Int64 {
        let end = try await log.lastIndex()
        var position = position
        while position < end {
            let page = try await log.page(filter, PageRequest(after: position, upTo: end))
            if !page.events.isEmpty {
                try await writer.send(Proto.QueryResponse(events: page.events, restrictedTo: scope.names).encoded())
            }
            position = page.last ?? end
        }
        return position
    }
}
