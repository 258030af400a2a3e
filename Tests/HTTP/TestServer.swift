import FieldsealHTTP
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An HTTPS server on the loopback whose paths misbehave each in its way.
final class TestServer: Sendable {
    private let channel: any Channel

    init(_ authority: TestAuthority, host: String = "localhost", wantsCertificate: Bool = false) throws {
        let leaf = try authority.leaf(host)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(leaf.chainFile).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: leaf.keyFile, format: .pem)))
        if wantsCertificate {
            tls.certificateVerification = .noHostnameVerification
            tls.trustRoots = .file(authority.authoritiesFile)
        }
        let context = try NIOSSLContext(configuration: tls)
        channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Misbehaviour())
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    func url(_ path: String) -> String { "https://localhost:\(channel.localAddress?.port ?? 0)\(path)" }

    func stop() async throws { try await channel.close() }
}

private final class Misbehaviour: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var path = ""
    private var method = ""
    private var mark = ""
    private var body = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            path = head.uri
            method = head.method.rawValue
            mark = head.headers.first(name: "X-Mark") ?? ""
            body.clear()
        case .body(var part): body.writeBuffer(&part)
        case .end: answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        switch path {
        case "/echo?a=b":
            send(context, .ok, "\(method) \(mark) \(String(buffer: body))")
        case "/long": send(context, .ok, String(repeating: "x", count: 2_000))
        case "/redirect": send(context, .found, "", [("Location", "https://localhost:1/")])
        case "/drip":
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "10"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "x")))), promise: nil)
        case "/silent": break
        case "/close": context.close(promise: nil)
        default: send(context, .notFound, "")
        }
    }

    private func send(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String,
        _ headers: [(String, String)] = []
    ) {
        let headers = HTTPHeaders(headers + [("Content-Length", "\(text.utf8.count)")])
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// A certificate authority made for one test run by the openssl command.
struct TestAuthority {
    static let trusted = Result { try TestAuthority() }
    static let other = Result { try TestAuthority() }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fieldseal-http-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(["req", "-x509"] + Self.newKey + ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test"])
    }

    var authoritiesFile: String { path("ca.pem") }

    func leaf(_ host: String) throws -> HTTPClientConfiguration.Certificate {
        let leaf = UUID().uuidString
        let names = ["-addext", "subjectAltName=DNS:\(host)"]
        try openssl(
            ["req"] + Self.newKey + ["-keyout", "\(leaf).key", "-out", "\(leaf).csr", "-subj", "/CN=x"] + names)
        try openssl([
            "x509", "-req", "-in", "\(leaf).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copyall",
            "-out", "\(leaf).pem",
        ])
        return .init(chainFile: path("\(leaf).pem"), keyFile: path("\(leaf).key"))
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandFailure(arguments: arguments) }
    }

    private struct CommandFailure: Error {
        var arguments: [String]
    }
}
