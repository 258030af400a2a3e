internal import Logging

extension PostgresPool {
    func acquire() async throws(PostgresError) -> ConnectionThread {
        if let thread = try takeIdle() { return thread }
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        let outcome = await withTaskGroup { group in
            group.addTask { [self, timeout = configuration.acquireTimeout] in
                guard (try? await Task.sleep(for: timeout)) != nil else { return }
                giveUp(id, timedOut: true)
            }
            defer { group.cancelAll() }
            return await wait(id)
        }
        return try outcome.get()
    }

    func giveBack(_ connection: PostgresConnection) {
        connection.end()
        let thread = connection.thread
        // A connection left inside a transaction, or broken, is not lent again.
        if thread.status == .idle { lend(thread) } else { thread.close() }
    }

    private func takeIdle() throws(PostgresError) -> ConnectionThread? {
        let (isClosed, thread) = state.withLock { state in
            while let thread = state.idle.popLast() {
                if thread.status == .idle { return (state.isClosed, Optional(thread)) }
            }
            return (state.isClosed, nil)
        }
        if isClosed { throw PostgresError(.closed) }
        return thread
    }

    private func wait(_ id: UInt64) async -> Result<ConnectionThread, PostgresError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isClosed = state.withLock { state in
                    if !state.isClosed { state.waiters.append(Waiter(id: id, continuation: continuation)) }
                    return state.isClosed
                }
                guard !isClosed else { return continuation.resume(returning: .failure(PostgresError(.closed))) }
                if Task.isCancelled { giveUp(id, timedOut: false) }
                growIfNeeded()
            }
        } onCancel: {
            giveUp(id, timedOut: false)
        }
    }

    private func giveUp(_ id: UInt64, timedOut: Bool) {
        let (waiter, failure) = state.withLock { state in
            let index = state.waiters.firstIndex { $0.id == id }
            return (index.map { state.waiters.remove(at: $0) }, state.lastFailure)
        }
        let unavailable = failure ?? PostgresError(.unavailable, detail: "no connection became free")
        waiter?.continuation.resume(returning: .failure(timedOut ? unavailable : PostgresError(.cancelled)))
    }

    /// To the caller who waits longest, or to the idle ones.
    private func lend(_ thread: ConnectionThread) {
        let (waiter, isClosed) = state.withLock { state -> (Waiter?, Bool) in
            guard !state.isClosed else { return (nil, true) }
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), false) }
            state.idle.append(thread)
            return (nil, false)
        }
        waiter?.continuation.resume(returning: .success(thread))
        if isClosed { thread.close() }
    }

    /// Starts threads while callers wait and there is room for one.
    private func growIfNeeded() {
        while true {
            let thread: ConnectionThread? = state.withLock { state in
                guard !state.isClosed, state.connecting < state.waiters.count,
                    state.threads.count < configuration.maximumConnections,
                    let thread = try? ConnectionThread(configuration)
                else { return nil }
                state.threads[ObjectIdentifier(thread)] = thread
                state.connecting += 1
                return thread
            }
            guard let thread else { return }
            let events = ConnectionThread.Events(
                connected: { [self] in connected(thread) }, failed: { [self] in failed($0) },
                ended: { [self] in ended(thread) })
            do { try thread.start(events) } catch { ended(thread, hadConnected: false) }
        }
    }

    private func connected(_ thread: ConnectionThread) {
        let failures = state.withLock { state in
            state.connecting -= 1
            defer { (state.failures, state.lastFailure) = (0, nil) }
            return state.failures
        }
        if failures > 0 { logger.info("database is reachable again", metadata: ["attempts": "\(failures)"]) }
        lend(thread)
    }

    private func failed(_ error: PostgresError) -> Duration? {
        let (failures, goesOn) = state.withLock { state in
            state.failures += 1
            state.lastFailure = error
            let goesOn = !state.isClosed && !state.waiters.isEmpty
            if !goesOn { state.connecting -= 1 }
            return (state.failures, goesOn)
        }
        // The server's own text tells the operator which setting to mend; it names host, role and database.
        logger.log(
            level: failures == 1 ? .warning : .debug, "database cannot be reached",
            metadata: ["error": "\(error)", "cause": "\(error.serverMessage ?? "")"])
        guard goesOn else { return nil }
        let ceiling = min(2000, 50 << min(failures, 6))
        return .milliseconds(Int.random(in: ceiling / 2...ceiling))
    }

    private func ended(_ thread: ConnectionThread, hadConnected: Bool = true) {
        let closers = state.withLock { state in
            if !hadConnected { state.connecting -= 1 }
            state.threads[ObjectIdentifier(thread)] = nil
            state.idle.removeAll { $0 === thread }
            guard state.threads.isEmpty, state.isClosed else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
        if hadConnected { growIfNeeded() }
    }
}
