public import FieldsealHTTP
internal import FieldsealSecureMemory

/// Posts alerts as JSON, signed as Standard Webhooks says: headers `webhook-id` (the alert's id, by which a receiver knows
/// one that comes again), `webhook-timestamp` (seconds since 1970) and `webhook-signature`. While a secret is changed
/// there are two, and each call carries a signature of both.
///
/// Any status of 200 to 299 says that the alert was taken. 408, 429 and 5xx are tried again soon; any other, a redirect
/// included, is a refusal.
public struct WebhookDestination: AlertDestination {
    static let limits = HTTPCaller.Limits(attempt: .seconds(10), overall: .seconds(10), answerCount: 64 << 10)

    public let name: String
    public let minimumSeverity: Alert.Severity
    let url: String
    let secrets: [WebhookSecret]
    /// Who sends, for the receiver.
    let source: String
    let caller: HTTPCaller
    let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - url: never logged; for some receivers it is a credential.
    ///   - clock: microseconds since 1970.
    public init(
        name: String, minimumSeverity: Alert.Severity, url: String, secrets: [WebhookSecret], source: String,
        caller: HTTPCaller, clock: @escaping @Sendable () -> Int64
    ) {
        self.name = name
        self.minimumSeverity = minimumSeverity
        self.url = url
        self.secrets = secrets
        self.source = source
        self.caller = caller
        self.clock = clock
    }

    public func send(_ notice: AlertNotice) async throws(DeliveryFailure) {
        let request = try request(notice)
        let response: HTTPResponse
        do {
            response = try await caller.call(request, limits: Self.limits, retries: .none)
        } catch {
            switch error.code {
            case .unreachable, .untrusted, .cancelled: throw DeliveryFailure(.unavailable, error.description)
            case .tooLarge: throw DeliveryFailure(.refused, error.description)
            case .request, .configuration: throw DeliveryFailure(.credential, error.description)
            }
        }
        switch response.status {
        case 200...299: return
        case 408, 429, 500...599: throw DeliveryFailure(.unavailable, "answered \(response.status)")
        default: throw DeliveryFailure(.refused, "answered \(response.status)")
        }
    }

    private func request(_ notice: AlertNotice) throws(DeliveryFailure) -> HTTPRequest {
        let id = notice.id.description
        let timestamp = String(clock() / 1_000_000)
        let body = notice.json(source: source)
        let content = Array("\(id).\(timestamp).\(body)".utf8)
        let signatures: [String]
        do {
            signatures = try secrets.map { try $0.signature(of: content) }
        } catch let error as SecretFileError {
            throw DeliveryFailure(.credential, error.description)
        } catch {
            throw DeliveryFailure(.unavailable, "the call could not be signed")
        }
        return HTTPRequest(
            .post, url,
            headers: [
                ("content-type", "application/json"), ("user-agent", "fieldseal"), ("webhook-id", id),
                ("webhook-timestamp", timestamp), ("webhook-signature", signatures.joined(separator: " ")),
            ], body: HTTPBody(body))
    }
}
