internal import CFieldsealPostgres
internal import Glibc

extension Session {
    /// One statement with binary parameters and binary results.
    func query(_ query: PostgresQuery, timeout: Duration, cancellation: Cancellation?) throws(PostgresError)
        -> ServerResult
    {
        try limited(timeout: timeout, cancellation: cancellation) { () throws(PostgresError) in
            let statement = try Statement(query, of: &prepared)
            if statement.isPreparedFirst {
                guard let result = try pipeline([statement]).first else { throw lost() }
                return result
            }
            try send(statement)
            do throws(PostgresError) { return try lastResult() } catch {
                forgetStatements(after: error)
                throw error
            }
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
            var statements: [Statement] = []
            do throws(PostgresError) {
                for query in queries { statements.append(try Statement(query, of: &prepared)) }
            } catch {
                prepared.forget()
                throw error
            }
            return try pipeline(statements)
        }
    }

    private func pipeline(_ statements: [Statement]) throws(PostgresError) -> [ServerResult] {
        guard PQenterPipelineMode(pointer) == 1 else { throw lost() }
        for statement in statements {
            try sendPreparation(of: statement)
            try send(statement)
        }
        guard PQpipelineSync(pointer) == 1 else { throw lost() }
        try flush()
        var results: [ServerResult] = []
        var failure: PostgresError?
        for statement in statements {
            if statement.isPreparedFirst, try answer(&failure) == nil { prepared.failed(statement.key) }
            if let result = try answer(&failure) { results.append(result) }
        }
        guard let sync = try nextResult(), PQresultStatus(sync.pointer) == PGRES_PIPELINE_SYNC,
            PQexitPipelineMode(pointer) == 1
        else { throw lost() }
        if let failure {
            forgetStatements(after: failure)
            throw failure
        }
        return results
    }

    /// The answer to one command of a pipeline, where it has succeeded; of those that have not, the first is kept.
    private func answer(_ failure: inout PostgresError?) throws(PostgresError) -> ServerResult? {
        var answer: ServerResult?
        do throws(PostgresError) {
            // In a pipeline nil ends each command.
            if let result = try nextResult() { answer = try checked(result) }
        } catch {
            guard isUsable else { throw error }
            if failure == nil { failure = error }
        }
        while let _ = try nextResult() {}
        return answer
    }

    private func sendPreparation(of statement: Statement) throws(PostgresError) {
        guard case .prepare(let name) = statement.way else { return }
        let types = statement.key.types
        guard PQsendPrepare(pointer, name, statement.key.sql, Int32(types.count), types) == 1 else { throw lost() }
    }

    private func send(_ statement: Statement) throws(PostgresError) {
        let count = Int32(statement.key.types.count)
        let formats = [Int32](repeating: 1, count: statement.key.types.count)
        let sent = statement.withParameters { values, lengths in
            switch statement.way {
            case .unnamed:
                PQsendQueryParams(pointer, statement.key.sql, count, statement.key.types, values, lengths, formats, 1)
            case .prepare(let name), .prepared(let name):
                PQsendQueryPrepared(pointer, name, count, values, lengths, formats, 1)
            }
        }
        guard sent == 1 else { throw lost() }
    }

    /// Someone else has deallocated them, or changed the tables that they return rows of: the next call prepares them anew.
    private func forgetStatements(after error: PostgresError) {
        guard error.sqlState == .unknownStatement || error.sqlState == .featureNotSupported else { return }
        prepared.forget()
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
