internal import AsyncHTTPClient
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// HTTP/1.1 over TLS 1.2 or newer, with connections kept open between calls.
public final class NetworkTransport: HTTPTransport {
    private let client: HTTPClient
    private let allowsPlaintext: Bool

    /// - Throws: ``HTTPCallError`` `.configuration` that names the file which cannot be used.
    public init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) throws(HTTPCallError) {
        client = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            configuration: try configuration.clientConfiguration())
        allowsPlaintext = configuration.allowsPlaintext
    }

    // The client lives on until its connections are closed.
    deinit { _ = client.shutdown() }

    public func send(
        _ request: HTTPRequest, timeout: Duration, maximumCount: Int
    ) async throws(HTTPCallError) -> HTTPResponse {
        guard request.url.hasPrefix("https://") || allowsPlaintext && request.url.hasPrefix("http://") else {
            throw HTTPCallError(code: .request, description: "the URL's scheme is not https")
        }
        var prepared = HTTPClientRequest(url: request.url)
        prepared.method = HTTPMethod(rawValue: request.method.rawValue)
        for header in request.headers { prepared.headers.add(name: header.name, value: header.value) }
        if let body = request.body { prepared.body = .bytes(body.buffer) }
        do {
            return try await answer(to: prepared, timeout: timeout, maximumCount: maximumCount)
        } catch {
            throw HTTPCallError(error)
        }
    }

    /// The client's own deadline ends with the answer's head; this one holds for the body too.
    private func answer(
        to request: HTTPClientRequest, timeout: Duration, maximumCount: Int
    ) async throws -> HTTPResponse {
        try await withThrowingTaskGroup(of: HTTPResponse?.self) { group in
            group.addTask {
                let head = try await self.client.execute(request, deadline: .now() + TimeAmount(timeout))
                var body = HTTPBody()
                for try await var part in head.body {
                    guard body.count + part.readableBytes <= maximumCount else {
                        throw HTTPCallError(
                            code: .tooLarge, description: "the answer is longer than \(maximumCount) bytes")
                    }
                    body.buffer.writeBuffer(&part)
                }
                return HTTPResponse(
                    status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) },
                    body: body)
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let response = first else {
                throw HTTPClientError.deadlineExceeded
            }
            return response
        }
    }
}

extension HTTPCallError {
    /// Names the failure by fixed words: the underlying texts may hold hosts and URLs.
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as HTTPCallError:
            self = error
        case is CancellationError:
            self.init(code: .cancelled, description: "the call was cancelled")
        case let error as HTTPClientError:
            self.init(error)
        case let error as NIOSSLExtraError:
            self.init(
                code: .untrusted, description: error == .failedToValidateHostname ? Self.hostname : Self.handshake)
        case let error as NIOSSLError:
            if case .handshakeFailed = error {
                self.init(code: .untrusted, description: Self.handshake)
            } else {
                self.init(code: .unreachable, description: "the connection broke")
            }
        case is BoringSSLError:
            self.init(code: .untrusted, description: Self.handshake)
        case is HTTPParserError:
            self.init(code: .unreachable, description: "the answer is not HTTP")
        case is NIOConnectionError, is SocketAddressError:
            self.init(code: .unreachable, description: "no connection")
        case let error as IOError:
            self.init(code: .unreachable, description: "the connection failed (errno \(error.errnoCode))")
        default:
            self.init(code: .unreachable, description: "the connection failed")
        }
    }

    private static let handshake =
        "the TLS handshake failed: the server's certificate is not of the expected authority, or it wants another"
    private static let hostname = "the server's certificate is for another host"

    private init(_ error: HTTPClientError) {
        switch error {
        case .cancelled:
            self.init(code: .cancelled, description: "the call was cancelled")
        case .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .getConnectionFromPoolTimeout:
            self.init(code: .unreachable, description: "no connection in time")
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            self.init(code: .unreachable, description: "no answer in time")
        case .invalidProxyResponse, .proxyAuthenticationRequired:
            self.init(code: .unreachable, description: "the proxy refused the connection")
        case .invalidURL, .emptyHost, .emptyScheme:
            self.init(code: .request, description: "the URL is malformed")
        case .remoteConnectionClosed, .uncleanShutdown:
            self.init(code: .unreachable, description: "the server closed the connection")
        default:
            // Header names and values stand in the others' texts.
            self.init(code: .request, description: "the request cannot be sent")
        }
    }
}
