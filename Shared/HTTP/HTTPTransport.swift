/// One attempt at a call.
public protocol HTTPTransport: Sendable {
    /// Sends `request` and reads the whole answer, of whatever status; follows no redirect.
    ///
    /// - Parameters:
    ///   - timeout: for all of it: connection, request and answer.
    ///   - maximumCount: bytes of the answer's body; more is `.tooLarge`.
    func send(
        _ request: HTTPRequest, timeout: Duration, maximumCount: Int
    ) async throws(HTTPCallError) -> HTTPResponse
}
