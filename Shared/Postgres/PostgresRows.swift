internal import CFieldsealPostgres

/// The rows of a result, read from libpq's own memory.
public struct PostgresRows: RandomAccessCollection, Sendable {
    let result: ServerResult
    public let startIndex = 0
    public let endIndex: Int

    init(_ result: ServerResult) {
        self.result = result
        endIndex = Int(PQntuples(result.pointer))
    }

    public subscript(position: Int) -> PostgresRow {
        precondition(indices.contains(position))
        return PostgresRow(result: result, index: Int32(truncatingIfNeeded: position))
    }

    /// Rows inserted, updated, deleted or copied; 0 for other commands.
    public var affected: Int { Int(String(cString: PQcmdTuples(result.pointer))) ?? 0 }

    /// The only row. Throws `unexpectedResult` when there is none or more than one.
    public func single() throws(PostgresError) -> PostgresRow {
        guard count == 1 else { throw PostgresError(.unexpectedResult, detail: "\(count) rows instead of one") }
        return self[0]
    }
}

/// One row. Columns are read by name.
public struct PostgresRow: Sendable {
    let result: ServerResult
    let index: Int32

    /// The value of a column. Throws `unexpectedResult` where the column is missing, null or of another type.
    public func value<Value: PostgresDecodable>(_ column: String, as _: Value.Type = Value.self) throws(PostgresError)
        -> Value
    {
        guard let value: Value = try optional(column) else { throw unexpected(column, "is null") }
        return value
    }

    /// The value of a column that may be null.
    public func optional<Value: PostgresDecodable>(_ column: String, as _: Value.Type = Value.self)
        throws(PostgresError) -> Value?
    {
        guard let position = result.positions[column] else { throw unexpected(column, "is missing") }
        guard PQgetisnull(result.pointer, index, position) == 0 else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result.pointer, index, position), count: Int(PQgetlength(result.pointer, index, position))
        )
        let type = PostgresType(objectID: PQftype(result.pointer, position))
        guard let value = Value(postgres: bytes, type: type) else {
            throw unexpected(column, "of type \(type.objectID) is not a \(Value.self)")
        }
        return value
    }

    /// The bytes of a column of whatever type in PostgreSQL's binary format; nil where it is null.
    public func binary(_ column: String) throws(PostgresError) -> [UInt8]? {
        guard let position = result.positions[column] else { throw unexpected(column, "is missing") }
        guard PQgetisnull(result.pointer, index, position) == 0 else { return nil }
        return [UInt8](
            UnsafeRawBufferPointer(
                start: PQgetvalue(result.pointer, index, position),
                count: Int(PQgetlength(result.pointer, index, position))))
    }

    private func unexpected(_ column: String, _ what: String) -> PostgresError {
        PostgresError(.unexpectedResult, detail: "column \(column) \(what)")
    }
}

/// Owns a PGresult.
final class ServerResult: @unchecked Sendable {
    // Sendable: after libpq has handed a result out, only its readers touch it, and they change nothing.
    let pointer: OpaquePointer
    /// Of the columns, by name.
    let positions: [String: Int32]

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        // The columns of a COPY have no names.
        let names = (0..<PQnfields(pointer)).compactMap { position in
            PQfname(pointer, position).map { (String(cString: $0), position) }
        }
        positions = Dictionary(names, uniquingKeysWith: { first, _ in first })
    }

    /// The command's tag, e.g. "COMMIT".
    var command: String { String(cString: PQcmdStatus(pointer)) }

    deinit { PQclear(pointer) }
}
