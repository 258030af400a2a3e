import Foundation
import Testing

@testable import FieldsealHTTP

@Suite struct NetworkTransportTests {
    let authority: TestAuthority
    let server: TestServer
    let transport: NetworkTransport

    init() throws {
        authority = try TestAuthority.trusted.get()
        server = try TestServer(authority)
        transport = try NetworkTransport(HTTPClientConfiguration(authoritiesFile: authority.authoritiesFile))
    }

    func get(_ path: String, timeout: Duration = .seconds(10)) async throws(HTTPCallError) -> HTTPResponse {
        try await transport.send(HTTPRequest(.get, server.url(path)), timeout: timeout, maximumCount: 1_000)
    }

    @Test func methodHeadersAndBodyAreSent() async throws {
        for method in [HTTPRequest.Method.post, .put] {
            let request = HTTPRequest(
                method, server.url("/echo?a=b"), headers: [("X-Mark", "m")], body: HTTPBody("hello"))
            let response = try await transport.send(request, timeout: .seconds(10), maximumCount: 1_000)
            #expect(response.status == 200)
            #expect(response.isSuccess)
            #expect(String(decoding: response.body.bytes, as: UTF8.self) == "\(method.rawValue) m hello")
            #expect(response.header("content-length") != nil)
        }
    }

    @Test func longAnswersAreCutOff() async {
        await #expect { _ = try await get("/long") } throws: { ($0 as? HTTPCallError)?.code == .tooLarge }
    }

    @Test func redirectsAreNotFollowed() async throws {
        #expect(try await get("/redirect").status == 302)
    }

    @Test(arguments: ["/silent", "/drip"]) func slowAnswersEndInTime(path: String) async {
        await #expect { _ = try await get(path, timeout: .milliseconds(100)) } throws: {
            ($0 as? HTTPCallError) == HTTPCallError(code: .unreachable, description: "no answer in time")
        }
    }

    @Test func brokenConnectionsAreUnreachable() async throws {
        await #expect { _ = try await get("/close") } throws: { ($0 as? HTTPCallError)?.code == .unreachable }
        try await server.stop()
        await #expect { _ = try await get("/echo?a=b") } throws: { ($0 as? HTTPCallError)?.code == .unreachable }
    }

    @Test func strangersAreNotTrusted() async throws {
        let other = try TestServer(try TestAuthority.other.get())
        let misnamed = try TestServer(authority, host: "elsewhere.test")
        for server in [other, misnamed] {
            await #expect {
                _ = try await transport.send(HTTPRequest(.get, server.url("/")), timeout: .seconds(10), maximumCount: 9)
            } throws: {
                ($0 as? HTTPCallError)?.code == .untrusted
            }
            try await server.stop()
        }
    }

    @Test func clientCertificatesAreShown() async throws {
        let server = try TestServer(authority, wantsCertificate: true)
        let named = try NetworkTransport(
            HTTPClientConfiguration(
                authoritiesFile: authority.authoritiesFile, certificate: try authority.leaf("client.test")))
        let request = HTTPRequest(.get, server.url("/echo?a=b"))
        #expect(try await named.send(request, timeout: .seconds(10), maximumCount: 99).status == 200)
        await #expect(throws: HTTPCallError.self) {
            _ = try await transport.send(request, timeout: .seconds(10), maximumCount: 99)
        }
        try await server.stop()
    }

    @Test func aProxyIsConnectedToInsteadOfTheServer() async throws {
        let proxied = try NetworkTransport(
            HTTPClientConfiguration(
                authoritiesFile: authority.authoritiesFile, proxy: .init(host: "127.0.0.1", port: 1)))
        await #expect {
            _ = try await proxied.send(HTTPRequest(.get, server.url("/")), timeout: .seconds(10), maximumCount: 9)
        } throws: {
            ($0 as? HTTPCallError)?.code == .unreachable
        }
    }

    @Test(arguments: ["http://localhost/", "ftp://localhost/", "localhost", "https://", "https:///x"])
    func urlsThatCannotBeCalledAreRefused(url: String) async {
        await #expect {
            _ = try await transport.send(HTTPRequest(.get, url), timeout: .seconds(10), maximumCount: 9)
        } throws: {
            ($0 as? HTTPCallError)?.code == .request
        }
    }

    @Test func headersThatWouldSplitTheRequestAreRefused() async {
        let secret = "value\r\nX-Other: secret"
        await #expect {
            let request = HTTPRequest(.get, server.url("/"), headers: [("X-Mark", secret)])
            _ = try await transport.send(request, timeout: .seconds(10), maximumCount: 9)
        } throws: {
            ($0 as? HTTPCallError)?.code == .request && !"\($0)".contains("secret")
        }
    }

    @Test func filesThatCannotBeUsedAreNamed() throws {
        let empty = FileManager.default.temporaryDirectory.appendingPathComponent("fieldseal-\(UUID().uuidString)").path
        try Data().write(to: URL(fileURLWithPath: empty))
        defer { try? FileManager.default.removeItem(atPath: empty) }
        for configuration in [
            HTTPClientConfiguration(authoritiesFile: empty),
            HTTPClientConfiguration(certificate: .init(chainFile: empty, keyFile: empty)),
        ] {
            #expect { _ = try NetworkTransport(configuration) } throws: {
                let error = $0 as? HTTPCallError
                return error?.code == .configuration && error?.description.contains(empty) == true
            }
        }
    }
}
