internal import CFieldsealPostgres
internal import Glibc

extension Session {
    /// One statement with binary parameters and binary results.
    func query(_ query: PostgresQuery, timeout: Duration, cancellation: Cancellation?) throws(PostgresError)
        -> ServerResult
    {
        try limited(timeout: timeout, cancellation: cancellation) { () throws(PostgresError) in
            try send(query)
            return try lastResult()
        }
    }

    /// Several statements without parameters; the last one's result.
    func script(_ sql: String, timeout: Duration, cancellation: Cancellation?) throws(PostgresError) -> ServerResult {
        try limited(timeout: timeout, cancellation: cancellation) { () throws(PostgresError) in
            guard PQsendQuery(pointer, sql) == 1 else { throw lost() }
            return try lastResult()
        }
    }

    /// Sends all before the first answer is read. Outside a transaction they are one: all take effect or none.
    func pipeline(_ queries: [PostgresQuery], timeout: Duration, cancellation: Cancellation?) throws(PostgresError)
        -> [ServerResult]
    {
        try limited(timeout: timeout, cancellation: cancellation) { () throws(PostgresError) in
            guard PQenterPipelineMode(pointer) == 1 else { throw lost() }
            for query in queries { try send(query) }
            guard PQpipelineSync(pointer) == 1 else { throw lost() }
            try flush()
            var results: [ServerResult] = []
            var failure: PostgresError?
            for _ in queries {
                do throws(PostgresError) {
                    // In a pipeline nil ends each statement.
                    if let result = try nextResult() { results.append(try checked(result)) }
                    while let _ = try nextResult() {}
                } catch {
                    guard isUsable else { throw error }
                    while let _ = try nextResult() {}
                    if failure == nil { failure = error }
                }
            }
            guard let sync = try nextResult(), PQresultStatus(sync.pointer) == PGRES_PIPELINE_SYNC,
                PQexitPipelineMode(pointer) == 1
            else { throw lost() }
            if let failure { throw failure }
            return results
        }
    }

    private func send(_ query: PostgresQuery) throws(PostgresError) {
        let (sql, parameters) = query.rendered()
        guard let count = Int32(exactly: parameters.count), count <= 65_535 else { throw PostgresError(.tooLarge) }
        var writer = BinaryWriter()
        var offsets: [Int] = []
        var lengths: [Int32] = []
        for parameter in parameters {
            let start = writer.bytes.count
            offsets.append(start)
            try writer.append(parameter)
            guard let length = Int32(exactly: writer.bytes.count - start) else { throw PostgresError(.tooLarge) }
            lengths.append(length)
        }
        // A parameter at the very end needs an address too: empty is not null.
        writer.append(UInt8(0))
        let types = parameters.map(\.type.objectID)
        let formats = [Int32](repeating: 1, count: parameters.count)
        let sent = writer.bytes.withUnsafeBytes { bytes in
            let values = zip(parameters, offsets).map { parameter, offset in
                parameter.isNull ? nil : bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            }
            return PQsendQueryParams(pointer, sql, count, types, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw lost() }
    }

    /// Empties libpq's output buffer, reading meanwhile, so that neither side blocks on the other.
    func flush() throws(PostgresError) {
        while true {
            let left = PQflush(pointer)
            if left == 0 { return }
            guard left == 1 else { throw lost() }
            try wait(for: POLLIN | POLLOUT)
            guard PQconsumeInput(pointer) == 1 else { throw lost() }
        }
    }

    func nextResult() throws(PostgresError) -> ServerResult? {
        try flush()
        while PQisBusy(pointer) == 1 {
            try wait(for: POLLIN)
            guard PQconsumeInput(pointer) == 1 else { throw lost() }
        }
        return PQgetResult(pointer).map(ServerResult.init)
    }

    /// Reads a statement's answer to its end; its last result, or its first error.
    func lastResult() throws(PostgresError) -> ServerResult {
        var last: ServerResult?
        var failure: PostgresError?
        while let result = try nextResult() {
            do throws(PostgresError) { last = try checked(result) } catch {
                if failure == nil { failure = error }
                guard isUsable else { break }
            }
        }
        if let failure { throw failure }
        guard let last else { throw lost() }
        return last
    }

    func checked(_ result: ServerResult) throws(PostgresError) -> ServerResult {
        switch PQresultStatus(result.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_COPY_IN, PGRES_EMPTY_QUERY: return result
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            abandon()
            throw PostgresError(.connectionLost, detail: "COPY out is not supported")
        case PGRES_PIPELINE_ABORTED: throw PostgresError(.server, detail: "an earlier statement of the batch failed")
        default:
            func field(_ code: Character) -> String? {
                code.asciiValue.flatMap { PQresultErrorField(result.pointer, Int32($0)) }.map { String(cString: $0) }
            }
            guard let state = field("C") else { throw lost() }
            throw PostgresError(
                isUsable ? .server : .connectionLost, sqlState: SQLState(rawValue: state), constraint: field("n"),
                serverMessage: field("M"))
        }
    }
}
