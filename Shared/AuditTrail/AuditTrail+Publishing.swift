extension AuditTrail {
    /// Records events and waits until they have come to the trail's ``finalState``: for what must stand in the log, out of
    /// this machine's reach, before something irreversible is done.
    ///
    /// - Throws: ``AuditTrailError`` `unacknowledged` where that was not known within `timeout`: the events are recorded
    ///   nevertheless and may be stored later, so that the act must not follow without asking again. Otherwise as
    ///   ``record(_:)-([AuditEvent])``; `full` also in relaxed mode.
    public func publish(_ events: [AuditEvent], timeout: Duration) async throws(AuditTrailError) {
        guard !events.isEmpty else { return }
        switch await submit(events) {
        case .durable: break
        case .full, .dropped: throw .full
        case .failed: throw .failed
        case .closed: throw .closed
        }
        // What was submitted stands in the last block of now, or in one before it.
        let sequence = spool.index.lastSequence
        let hasArrived = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.deliveries.wait(for: sequence, self.finalState) }
            group.addTask {
                try? await self.clock.sleep(for: timeout)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard hasArrived else { throw .unacknowledged }
    }

    /// Records one event and waits for it, as ``publish(_:timeout:)-([AuditEvent],_)``.
    public func publish(_ event: AuditEvent, timeout: Duration) async throws(AuditTrailError) {
        try await publish([event], timeout: timeout)
    }
}
