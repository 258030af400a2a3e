/// The TLS of a client, loaded once for many connections.
public struct ClientTLS: Sendable {
    let context: TLSContext

    /// Reads the files; blocks while it does.
    ///
    /// - Throws: `TLSSettingsError` where certificates or keys cannot be loaded.
    public init(_ settings: TLSSettings) throws { context = try TLSContext(settings, peer: .server) }
}
