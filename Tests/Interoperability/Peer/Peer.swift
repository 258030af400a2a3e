import FieldsealRPCTransport
import Logging
import NIOPosix

/// The Swift side of the interoperability test: `serve CERT KEY CA` or `call PORT CERT KEY CA`.
@main
enum Peer {
    static let server = "spiffe://interoperability.local/server"

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("serve", 4): try await serve(settings(arguments[1...]))
        case ("call", 5): try await call(port: Int(arguments[1]) ?? 0, settings(arguments[2...]))
        default: throw Mismatch("usage: InteroperabilityPeer serve CERT KEY CA | call PORT CERT KEY CA")
        }
    }

    private static func settings(_ paths: ArraySlice<String>) -> TLSSettings {
        let paths = Array(paths)
        return TLSSettings(certificateChain: paths[0], privateKey: paths[1], trustRoots: paths[2])
    }

    private static func serve(_ tls: TLSSettings) async throws {
        let server = try RPCServer(
            host: "127.0.0.1", port: 0, tls: tls, services: [PeerService.make()], authorizer: OpenDoor(),
            observer: OpenDoor(), eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "peer", factory: { StreamLogHandler.standardError(label: $0) }))
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            print("PORT \(try await server.boundAddress().port ?? 0)")
            flushOutput()
            // The script ends the peer by closing its standard input.
            while readLine() != nil {}
            group.cancelAll()
        }
    }
}

struct Mismatch: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
