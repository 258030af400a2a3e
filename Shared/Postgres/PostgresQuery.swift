/// SQL and its parameters. Interpolated values become parameters, never SQL:
/// `"SELECT name FROM people WHERE id = \(id)"` is sent as `… WHERE id = $1`.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation {
    private var pieces: [Piece]

    enum Piece: Sendable {
        case sql(String)
        case parameter(PostgresValue)
    }

    public init(stringLiteral sql: String) { pieces = [.sql(sql)] }

    public init(stringInterpolation interpolation: StringInterpolation) { pieces = interpolation.pieces }

    /// Within a transaction: its COMMIT does not wait for the disk. After a crash of the server the change may be gone, whole.
    public static let commitsAsynchronously: PostgresQuery = "SET LOCAL synchronous_commit = off"

    /// Wakes the listeners of a channel when the transaction commits. The payload holds less than 8,000 bytes.
    public static func notify(_ channel: String, payload: String = "") -> PostgresQuery {
        "SELECT pg_notify(\(channel), \(payload))"
    }

    /// This INSERT, UPDATE or DELETE without RETURNING; it fails with ``SQLState/otherCount`` where it affects another number
    /// of rows, and so no COMMIT that is sent with it takes effect.
    public func affecting(exactly count: Int) -> PostgresQuery {
        "WITH affected AS (\(self) RETURNING 1) SELECT 1 / (count(*) = \(count))::int FROM affected"
    }

    /// Puts another piece, with its parameters, behind this one.
    public mutating func append(_ other: PostgresQuery) { pieces += other.pieces }

    /// The text with `$1`… and the parameters in that order.
    func rendered() -> (sql: String, parameters: [PostgresValue]) {
        var sql = ""
        var parameters: [PostgresValue] = []
        for piece in pieces {
            switch piece {
            case .sql(let text): sql += text
            case .parameter(let value):
                parameters.append(value)
                sql += "$\(parameters.count)"
            }
        }
        return (sql, parameters)
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var pieces: [Piece] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(2 * interpolationCount + 1)
        }

        public mutating func appendLiteral(_ literal: String) { pieces.append(.sql(literal)) }

        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            pieces.append(.parameter(value.postgresValue))
        }

        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            pieces.append(.parameter(value.postgresValue))
        }

        public mutating func appendInterpolation(_ value: PostgresValue) { pieces.append(.parameter(value)) }

        /// A piece of SQL with parameters of its own.
        public mutating func appendInterpolation(_ query: PostgresQuery) { pieces += query.pieces }

        /// The name of a table, column, role or database, quoted.
        public mutating func appendInterpolation(identifier: String) {
            pieces.append(.sql(PostgresQuery.quoted(identifier)))
        }
    }

    static func quoted(_ identifier: String) -> String {
        "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
