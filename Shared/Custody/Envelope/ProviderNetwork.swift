public import FieldsealHTTP
internal import Glibc

/// What a provider in the cloud reaches out with: calls, the time, and the process' environment.
public struct ProviderNetwork: Sendable {
    /// To the provider.
    public var caller: HTTPCaller
    /// To metadata servers on the link and the machine, in plain HTTP and without a proxy.
    public var metadata: HTTPCaller
    public var limits: HTTPCaller.Limits
    /// Seconds since 1970.
    public var now: @Sendable () -> Int64
    public var environment: @Sendable (String) -> String?

    public init(
        caller: HTTPCaller, metadata: HTTPCaller, limits: HTTPCaller.Limits = HTTPCaller.Limits(),
        now: @escaping @Sendable () -> Int64 = ProviderNetwork.systemTime,
        environment: @escaping @Sendable (String) -> String? = ProviderNetwork.systemEnvironment
    ) {
        self.caller = caller
        self.metadata = metadata
        self.limits = limits
        self.now = now
        self.environment = environment
    }

    @Sendable public static func systemTime() -> Int64 { Int64(time(nil)) }

    @Sendable public static func systemEnvironment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// - Throws: `MasterKeyError` `.credential` that names a file which cannot be used.
    public init(
        _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        limits: HTTPCaller.Limits = HTTPCaller.Limits()
    ) throws {
        do {
            self.init(
                caller: try HTTPCaller(configuration),
                metadata: try HTTPCaller(HTTPClientConfiguration(allowsPlaintext: true)), limits: limits)
        } catch {
            throw MasterKeyError(code: .credential, description: error.description)
        }
    }

    /// Calls the provider called `title`; a failure to get any answer is `.unavailable`.
    func call(
        _ title: String, _ request: HTTPRequest,
        worthwhile: @escaping @Sendable (HTTPRetries.Outcome) -> Bool = HTTPRetries.isTransient
    ) async throws(MasterKeyError) -> HTTPResponse {
        do {
            return try await caller.call(request, limits: limits, retries: HTTPRetries(isWorthwhile: worthwhile))
        } catch {
            throw MasterKeyError(
                code: .unavailable,
                description: "\(title) at \(Self.origin(request.url)) cannot be reached: \(error.description)")
        }
    }

    /// Calls a metadata server: two attempts of at most two seconds, since one that is away never answers.
    func callMetadata(_ title: String, _ request: HTTPRequest) async throws(MasterKeyError) -> HTTPResponse {
        do {
            return try await metadata.call(
                request, limits: .init(attempt: .seconds(2), overall: .seconds(5)),
                retries: HTTPRetries(maximumAttempts: 2))
        } catch {
            throw MasterKeyError(
                code: .unavailable,
                description: "\(title) at \(Self.origin(request.url)) cannot be reached: \(error.description)")
        }
    }

    /// Scheme, host and port: what of a URL may stand in a log.
    static func origin(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "(no URL)" }
        let host = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        return String(url[..<host.endIndex])
    }

    /// Checks a URL from the configuration and takes a slash from its end.
    static func base(_ url: String, of title: String) throws(MasterKeyError) -> String {
        guard url.hasPrefix("https://"), url.utf8.count > 8, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw MasterKeyError(code: .malformed, description: "\(title): the address is not https://HOST[:PORT]")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}

extension MasterKeyError {
    /// What 429 and 5xx mean; nil for other answers.
    static func away(_ title: String, _ response: HTTPResponse) -> MasterKeyError? {
        guard response.status >= 500 || response.status == 429 else { return nil }
        return MasterKeyError(code: .unavailable, description: "\(title) answered \(response.status)")
    }

    /// A provider's own word for an error, where it is a word: never its message, which may repeat what it was sent.
    static func word(_ text: String?) -> String {
        guard let text, (1...80).contains(text.utf8.count),
            text.utf8.allSatisfy({ ($0 > 0x20 && $0 < 0x7F) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "<") })
        else { return "no reason given" }
        return text
    }
}
