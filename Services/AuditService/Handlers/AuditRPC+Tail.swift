import FieldsealMessages
import FieldsealPostgres
import FieldsealRPC
import FieldsealRPCTransport

extension AuditRPC {
    /// Looks at the tables at least this often, whatever the notifications say.
    private static let beat = Duration.seconds(5)

    /// Sends what is stored as it is stored, from `after_index` or from now on.
    func tail(_ request: RPCRequest, _ writer: ServerStreamWriter) async throws {
        do {
            let message: Proto.TailEventsRequest = try decode(request)
            let filter = try EventFilter(message.filter ?? Proto.QueryRequest(), ignoringTimes: true)
            guard let after = Int64(exactly: message.afterIndex) else { throw AuditServiceError.filter }
            var position = after == 0 ? try await log.lastIndex() : after
            try await record(request, .tailAudit)
            for await _ in wakes() {
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
        guard end > position else { return position }
        var request = Proto.QueryRequest(pageSize: 500)
        if position > 0 { request.cursor = EventCursor(after: position, newestFirst: false).bytes }
        while true {
            let page = try await log.page(filter, try PageRequest(request), upTo: end)
            if !page.events.isEmpty {
                try await writer.send(Proto.QueryResponse(events: page.events).encoded())
            }
            guard let next = page.next else { return end }
            request.cursor = next.bytes
        }
    }

    /// One element at once, then one for each notification, and one a beat.
    private func wakes() -> AsyncStream<Void> {
        let notifications = log.pool.notifications(on: [EventLog.channel])
        return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let listening = Task {
                for await _ in notifications { continuation.yield() }
                continuation.finish()
            }
            let beating = Task {
                while !Task.isCancelled {
                    continuation.yield()
                    try? await Task.sleep(for: Self.beat)
                }
            }
            continuation.onTermination = { _ in
                listening.cancel()
                beating.cancel()
            }
        }
    }
}
