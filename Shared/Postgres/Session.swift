internal import CFieldsealPostgres
internal import Glibc
internal import Synchronization

/// One libpq connection. It belongs to the thread that made it and never leaves it.
final class Session {
    let pointer: OpaquePointer
    private let wakeup: Wakeup
    /// The statement that runs: when it must end, and who may cancel it.
    private var deadline: ContinuousClock.Instant?
    private var cancellation: Cancellation?
    private var cancelReason: PostgresError.Code?
    var prepared = PreparedStatements()
    /// The protocol's state is no longer known.
    private var isAbandoned = false

    /// After a cancel request the server has this long to answer before the connection is given up.
    private static let cancelGrace = Duration.seconds(5)

    /// Connects. Blocks for up to the connect timeout of each host.
    init(options: [String: String], statementTimeout: Duration, wakeup: Wakeup) throws(PostgresError) {
        self.wakeup = wakeup
        pointer = try Self.connect(options)
        guard PQsetnonblocking(pointer, 1) == 0 else { throw lost() }
        // The server's own limit is a second line, for statements whose client is gone.
        let milliseconds = min(statementTimeout.components.seconds, 1_000_000) * 1000 + 2000
        _ = try query(
            """
            SELECT set_config('statement_timeout', \(String(milliseconds)), false),
                set_config('idle_in_transaction_session_timeout', '60000', false)
            """, timeout: .seconds(30), cancellation: nil)
    }

    deinit { PQfinish(pointer) }

    private static func connect(_ options: [String: String]) throws(PostgresError) -> OpaquePointer {
        let options = options.sorted { $0.key < $1.key }
        let keywords = options.map { strdup($0.key) }
        let values = options.map { strdup($0.value) }
        defer { (keywords + values).forEach { free($0) } }
        let pointer = (keywords.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { keywords in
            (values.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { values in
                PQconnectdbParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let pointer else { throw PostgresError(.unavailable, detail: "out of memory") }
        guard PQstatus(pointer) == CONNECTION_OK else {
            defer { PQfinish(pointer) }
            throw PostgresError(.unavailable, serverMessage: String(cString: PQerrorMessage(pointer)))
        }
        PQsetNoticeProcessor(pointer, { _, _ in }, nil)
        return pointer
    }

    var isUsable: Bool { !isAbandoned && PQstatus(pointer) == CONNECTION_OK }
    var isIdle: Bool { PQtransactionStatus(pointer) == PQTRANS_IDLE }
    var socket: Int32 { PQsocket(pointer) }

    func lost() -> PostgresError {
        PostgresError(.connectionLost, serverMessage: String(cString: PQerrorMessage(pointer)))
    }

    // MARK: One operation at a time

    /// Runs `body` under a deadline and a cancellation.
    func limited<Value>(
        timeout: Duration, cancellation: Cancellation?, _ body: () throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        deadline = .now + timeout
        self.cancellation = cancellation
        cancelReason = nil
        defer { (deadline, self.cancellation) = (nil, nil) }
        if cancellation?.isRequested == true { throw PostgresError(.cancelled) }
        do {
            return try body()
        } catch {
            // What the server calls "canceled" was the caller's wish, our deadline or its own statement_timeout.
            if error.sqlState == .queryCanceled {
                throw PostgresError(cancelReason ?? .timeout, sqlState: .queryCanceled)
            }
            throw error
        }
    }

    /// Waits until the socket is ready, cancelling the statement when asked to or when its time is over.
    func wait(for events: Int32) throws(PostgresError) {
        while true {
            if cancelReason == nil {
                if cancellation?.isRequested == true { cancel(.cancelled) } else if isOver { cancel(.timeout) }
            } else if isOver {
                abandon()
                throw PostgresError(cancelReason ?? .timeout, detail: "the server did not answer")
            }
            var descriptors = [
                pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0),
                pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&descriptors, 2, millisecondsLeft)
            guard count >= 0 || errno == EINTR else { throw lost() }
            if descriptors[1].revents != 0 { wakeup.drain() }
            if count > 0, descriptors[0].revents != 0 { return }
        }
    }

    func abandon() { isAbandoned = true }

    /// Until something wakes the thread or the server speaks: of notifications, or of its end.
    func waitWhileIdle() {
        var descriptors = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, -1) > 0 else { return }
        if descriptors[1].revents != 0 { wakeup.drain() }
        if descriptors[0].revents != 0, PQconsumeInput(pointer) == 0 { abandon() }
    }

    /// What has come since the last call.
    func takeNotifications() -> [PostgresNotification] {
        var taken: [PostgresNotification] = []
        while let notification = PQnotifies(pointer) {
            defer { PQfreemem(notification) }
            taken.append(
                .notified(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
        }
        return taken
    }

    private var isOver: Bool { deadline.map { $0 <= .now } ?? false }

    private var millisecondsLeft: Int32 {
        guard let deadline else { return -1 }
        let left = ContinuousClock.now.duration(to: deadline)
        return left.milliseconds
    }

    private func cancel(_ reason: PostgresError.Code) {
        cancelReason = reason
        deadline = .now + Self.cancelGrace
        guard let handle = PQgetCancel(pointer) else { return }
        defer { PQfreeCancel(handle) }
        var text = [CChar](repeating: 0, count: 256)
        PQcancel(handle, &text, Int32(text.count))
    }
}

extension Duration {
    /// For poll(2), rounded up.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let rest = attoseconds / 1_000_000_000_000_000 + 1
        return seconds > 1_000_000 ? .max : Int32(clamping: max(0, seconds * 1000 + rest))
    }
}

/// Set by a task that no longer wants its statement.
final class Cancellation: Sendable {
    private let requested = Atomic(false)
    var isRequested: Bool { requested.load(ordering: .acquiring) }
    func request() { requested.store(true, ordering: .releasing) }
}

/// Wakes a thread out of poll(2).
final class Wakeup: Sendable {
    let descriptor: Int32

    init() throws(PostgresError) {
        descriptor = fieldseal_wakeup_make()
        guard descriptor >= 0 else { throw PostgresError(.unavailable, detail: "no file descriptor left") }
    }

    deinit { close(descriptor) }
    func signal() { fieldseal_wakeup_signal(descriptor) }
    func drain() { fieldseal_wakeup_drain(descriptor) }
}
