/// Why a database operation failed.
///
/// `description` is safe to log and to count: it holds the code, the SQLSTATE and names of the schema. What the server
/// wrote may quote values; it stands in `serverMessage` and is for the operator's eyes at start-up and migration only.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The server cannot be reached or refuses connections; nothing was changed.
        public static let unavailable = Self(description: "database unavailable")
        /// The connection broke during a statement. What stood in an open transaction is rolled back by the server; a
        /// statement outside a transaction may have been carried out.
        public static let connectionLost = Self(description: "database connection lost")
        /// The connection broke during COMMIT: whether it took effect is unknown.
        public static let commitUnknown = Self(description: "outcome of commit unknown")
        /// The server refused the statement; `sqlState` says why.
        public static let server = Self(description: "statement refused")
        /// The statement took longer than its timeout and was cancelled.
        public static let timeout = Self(description: "statement timed out")
        /// The calling task was cancelled, and the statement with it.
        public static let cancelled = Self(description: "statement cancelled")
        /// A result does not hold what its reader expects: another column, type, length or number of rows.
        public static let unexpectedResult = Self(description: "unexpected result")
        /// A parameter is longer or there are more of them than the protocol carries.
        public static let tooLarge = Self(description: "parameter too large")
        /// The pool or the connection was closed.
        public static let closed = Self(description: "database connection closed")
        /// The database was migrated by other code: a newer schema, or another text under a known number.
        public static let foreignSchema = Self(description: "database schema is not of this version")
        /// The connection string does not parse.
        public static let configuration = Self(description: "database connection string invalid")
    }

    public let code: Code
    public let sqlState: SQLState?
    /// Name of the violated constraint, where there is one.
    public let constraint: String?
    /// For unexpected results and schemas: what was wrong, in our own words.
    public let detail: String?
    /// The server's or libpq's text. May quote values and addresses.
    public let serverMessage: String?

    public init(
        _ code: Code, sqlState: SQLState? = nil, constraint: String? = nil, detail: String? = nil,
        serverMessage: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.constraint = constraint
        self.detail = detail
        self.serverMessage = serverMessage
    }

    public var description: String {
        var text = code.description
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let constraint { text += " (constraint \(constraint))" }
        if let detail { text += ": \(detail)" }
        return text
    }

    /// Repeating the whole transaction may succeed: a serialization failure or a deadlock.
    public var isRetryable: Bool {
        code == .server && (sqlState == .serializationFailure || sqlState == .deadlockDetected)
    }

    /// The database is away or going away, rather than the statement wrong.
    public var isUnavailable: Bool {
        switch code {
        case .unavailable, .connectionLost, .closed: true
        case .server: sqlState?.meansUnavailable ?? false
        default: false
        }
    }
}

/// The five-character error code of PostgreSQL (appendix A of its manual).
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let uniqueViolation = Self(rawValue: "23505")
    public static let foreignKeyViolation = Self(rawValue: "23503")
    public static let checkViolation = Self(rawValue: "23514")
    public static let notNullViolation = Self(rawValue: "23502")
    public static let exclusionViolation = Self(rawValue: "23P01")
    public static let serializationFailure = Self(rawValue: "40001")
    public static let deadlockDetected = Self(rawValue: "40P01")
    public static let insufficientPrivilege = Self(rawValue: "42501")
    public static let undefinedTable = Self(rawValue: "42P01")
    public static let featureNotSupported = Self(rawValue: "0A000")
    /// Division by zero: what ``PostgresQuery/affecting(exactly:)`` fails with.
    public static let otherCount = Self(rawValue: "22012")
    /// No statement is prepared under the name.
    public static let unknownStatement = Self(rawValue: "26000")
    public static let queryCanceled = Self(rawValue: "57014")
    public static let lockNotAvailable = Self(rawValue: "55P03")
    public static let raiseException = Self(rawValue: "P0001")

    /// Class 08, 53 (resources) and 57P (shutdown) speak of the server's state, not of the statement.
    var meansUnavailable: Bool { rawValue.hasPrefix("08") || rawValue.hasPrefix("53") || rawValue.hasPrefix("57P") }
}
