internal import CFieldsealPostgres

/// How a pool reaches its database.
public struct PostgresConfiguration: Sendable {
    /// libpq's connection string or URI, TLS options (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`) included. Several
    /// hosts may be named; with `target_session_attrs=read-write` the primary among them is taken.
    public var conninfo: String
    /// Shown in pg_stat_activity.
    public var applicationName: String
    /// Connections at most; each has a thread of its own.
    public var maximumConnections: Int
    /// For each host of `conninfo`; whole seconds, at least 2.
    public var connectTimeout: Duration
    /// How long a caller waits for a connection before it gets `unavailable`.
    public var acquireTimeout: Duration
    /// For each statement that names none of its own.
    public var statementTimeout: Duration

    public init(
        conninfo: String, applicationName: String = "fieldseal", maximumConnections: Int = 8,
        connectTimeout: Duration = .seconds(5), acquireTimeout: Duration = .seconds(10),
        statementTimeout: Duration = .seconds(30)
    ) {
        self.conninfo = conninfo
        self.applicationName = applicationName
        self.maximumConnections = maximumConnections
        self.connectTimeout = connectTimeout
        self.acquireTimeout = acquireTimeout
        self.statementTimeout = statementTimeout
    }

    /// The connection string's options over our defaults. A dead peer is noticed within about 25 seconds.
    func options() throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(conninfo, &message) else {
            defer { PQfreemem(message) }
            throw PostgresError(.configuration, serverMessage: message.map { String(cString: $0) })
        }
        defer { PQconninfoFree(parsed) }
        var options = [
            "application_name": applicationName, "connect_timeout": String(max(2, connectTimeout.components.seconds)),
            "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "25000",
        ]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        options["client_encoding"] = "UTF8"
        return options
    }
}
