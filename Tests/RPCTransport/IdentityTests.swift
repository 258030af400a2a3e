import FieldsealRPC
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import FieldsealRPCTransport

/// Who gets in, over real TLS.
struct IdentityTests {
    private let authority: TestAuthority
    private let other: TestAuthority

    init() throws {
        authority = try TestAuthority.trusted.get()
        other = try TestAuthority.other.get()
    }

    @Test func verifiedPeerIsServed() async throws {
        try await withServer { (running: RunningServer) async throws in
            #expect(try await running.client().echo([1, 2]) == [1, 2])
            #expect(running.observer.refusals.withLock { $0.isEmpty })
        }
    }

    /// Calls with a certificate that must be refused, and returns what the server's observer was told.
    private func refusal(_ tls: TLSSettings) async throws -> RefusedConnection {
        try await withServer { (running: RunningServer) async throws in
            #expect(try await running.client(tls).failure()?.code == .unavailable)
            return await running.observer.firstRefusal()
        }
    }

    /// The other authority's leaf, of a client that trusts the right server.
    private func foreign(_ identity: String) throws -> TLSSettings {
        var settings = try other.settings(identity)
        settings.trustRoots = authority.path("ca.pem")
        return settings
    }

    @Test func otherAuthorityIsRefused() async throws {
        let refusal = try await refusal(foreign(TestAuthority.client))
        #expect(refusal.cause == .untrustedCertificate)
        #expect(refusal.identity == TestAuthority.client && !refusal.identityVerified)
        #expect(refusal.address.hasPrefix("127.0.0.1:"))
    }

    @Test func expiredCertificateIsRefused() async throws {
        let refusal = try await refusal(authority.settings(TestAuthority.client, days: -1))
        #expect(refusal.cause == .untrustedCertificate)
        #expect(refusal.identity == TestAuthority.client && !refusal.identityVerified)
    }

    @Test(arguments: [
        ["DNS:localhost"], ["URI:spiffe://test.local/a", "URI:spiffe://test.local/b"], ["URI:https://test.local/a"],
        ["URI:spiffe://test.local/*"], [],
    ])
    func certificateWithoutOneIdentityIsRefused(_ names: [String]) async throws {
        let refusal = try await refusal(authority.settings(names))
        #expect(refusal.cause == .noIdentity && refusal.identity == nil && !refusal.identityVerified)
    }

    @Test func certificateOfAServerIsNoClient() async throws {
        let names = ["URI:\(TestAuthority.client)"]
        let serverOnly = try authority.settings(names, usages: ["serverAuth"])
        #expect(try await refusal(serverOnly).cause == .untrustedCertificate)
        let anything = try authority.settings(names, usages: [])
        #expect(try await refusal(anything).cause == .wrongUsage)
    }

    @Test func deniedIdentityIsRefused() async throws {
        let tls = try authority.settings(TestAuthority.server, denied: [TestAuthority.client])
        try await withServer(tls: tls) { (running: RunningServer) async throws in
            #expect(try await running.client().failure()?.code == .unavailable)
            let refusal = await running.observer.firstRefusal()
            #expect(refusal.cause == .denied)
            #expect(refusal.identity == TestAuthority.client && refusal.identityVerified)
        }
    }

    @Test func clientWithoutCertificateIsRefused() async throws {
        try await withServer { (running: RunningServer) async throws in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(authority.path("ca.pem"))
            configuration.certificateVerification = .noHostnameVerification
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: "127.0.0.1", port: running.port).get()
            let refusal = await running.observer.firstRefusal()
            #expect(refusal.cause == .noCertificate && refusal.identity == nil)
            try await channel.closeFuture.get()
        }
    }

    @Test func peerThatSpeaksNoTLSIsRefused() async throws {
        try await withServer { (running: RunningServer) async throws in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: running.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
            #expect(await running.observer.firstRefusal().cause == .handshakeFailed)
            try await channel.closeFuture.get()
        }
    }

    @Test func silentPeerIsRefusedAfterTheHandshakeTimeout() async throws {
        var limits = ServerLimits()
        limits.handshakeTimeout = .milliseconds(50)
        try await withServer(limits: limits) { (running: RunningServer) async throws in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: running.port).get()
            #expect(await running.observer.firstRefusal().cause == .handshakeTimeout)
            try await channel.closeFuture.get()
        }
    }

    @Test func connectionsAreBounded() async throws {
        var limits = ServerLimits()
        limits.connections = 1
        try await withServer(limits: limits) { (running: RunningServer) async throws in
            let first = try running.client()
            #expect(try await first.echo([1]) == [1])
            #expect(try await running.client().failure()?.code == .unavailable)
            #expect(await running.observer.firstRefusal().cause == .tooManyConnections)
            #expect(try await first.echo([2]) == [2])
        }
    }

    @Test func siblingCertificateIsNotTheServer() async throws {
        let sibling = "spiffe://test.local/service/sibling"
        try await withServer(tls: authority.settings(sibling)) { (running: RunningServer) async throws in
            let status = try await running.client().failure()
            #expect(status?.code == .unavailable)
            #expect(status?.message.contains("its certificate is not for \(TestAuthority.server)") == true)
            #expect(try await running.client(identity: sibling).echo([3]) == [3])
        }
    }

    @Test func serverOfAnotherAuthorityOrWithoutUsageIsRefused() async throws {
        try await withServer(tls: other.settings(TestAuthority.server)) { (running: RunningServer) async throws in
            let status = try await running.client().failure()
            #expect(status?.message.contains("its certificate is not trusted") == true)
        }
        let names = ["URI:\(TestAuthority.server)"]
        try await withServer(tls: authority.settings(names, usages: ["clientAuth"])) {
            (running: RunningServer) async throws in
            #expect(try await running.client().failure()?.code == .unavailable)
        }
    }

    @Test func settingsNameWhatToMend() throws {
        var settings = try authority.settings(TestAuthority.client)
        #expect(try settings.identity() == TestAuthority.client)
        settings.privateKey = try authority.settings(TestAuthority.client).privateKey
        #expect(throws: TLSSettingsError.self) { try ClientTLS(settings) }
        settings.privateKey = "/nowhere/key.pem"
        let error = #expect(throws: TLSSettingsError.self) { try ClientTLS(settings) }
        #expect(error?.description.contains("/nowhere/key.pem") == true)
    }
}

/// Sessions resumed by TLS 1.3 tickets, with the openssl command as the client.
struct ResumptionTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority.trusted.get() }

    /// Opens a session, or resumes the one kept in `session`; sends a frame that the server answers and closes upon.
    private func connect(_ port: Int, _ tls: TLSSettings, session: String, resume: Bool) throws -> String {
        let oversized = authority.path("oversized-\(UUID().uuidString)")
        try Data([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 1, 0]).write(to: URL(fileURLWithPath: oversized))
        let command =
            "openssl s_client -connect 127.0.0.1:\(port) -tls1_3 -ign_eof -CAfile \(tls.trustRoots) "
            + "-cert \(tls.certificateChain) -key \(tls.privateKey) \(resume ? "-sess_in" : "-sess_out") "
            + "\(session) < \(oversized) 2>&1"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    private let answer = "frame over 4 MiB"

    @Test func resumedSessionKeepsItsIdentity() async throws {
        let tls = try authority.settings(TestAuthority.client)
        let session = authority.path(UUID().uuidString)
        try await withServer { (running: RunningServer) async throws in
            let first = try connect(running.port, tls, session: session, resume: false)
            #expect(first.contains(answer))
            let second = try connect(running.port, tls, session: session, resume: true)
            #expect(second.contains("Reused, TLSv1.3") && second.contains(answer))
            #expect(running.observer.refusals.withLock { $0.isEmpty })
        }
    }

    @Test func resumedSessionOfAnExpiredCertificateIsRefused() async throws {
        let tls = try authority.settings(TestAuthority.client)
        let session = authority.path(UUID().uuidString)
        try await withServer { (running: RunningServer) async throws in
            #expect(try connect(running.port, tls, session: session, resume: false).contains(answer))
            running.clock.now += 2 * 86_400
            let second = try connect(running.port, tls, session: session, resume: true)
            #expect(second.contains("Reused, TLSv1.3") && !second.contains(answer))
            let refusal = await running.observer.firstRefusal()
            #expect(refusal.cause == .expired)
            #expect(refusal.identity == TestAuthority.client && refusal.identityVerified)
        }
    }

    @Test func denyingAnIdentityEndsItsSessions() async throws {
        let tls = try authority.settings(TestAuthority.client)
        let session = authority.path(UUID().uuidString)
        let server = try authority.settings(TestAuthority.server)
        try await withServer(tls: server) { (running: RunningServer) async throws in
            #expect(try connect(running.port, tls, session: session, resume: false).contains(answer))
            var denying = server
            denying.deniedIdentities = [TestAuthority.client]
            try running.server.reload(tls: denying)
            let second = try connect(running.port, tls, session: session, resume: true)
            #expect(!second.contains("Reused") && !second.contains(answer))
            #expect(await running.observer.firstRefusal().cause == .denied)
        }
    }
}
