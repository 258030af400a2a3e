import FieldsealClient
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A cluster of real processes, as `compose/local` runs it, with the programs that were built beside the tests.
struct Cluster: Sendable {
    @TaskLocal static var shared: Cluster?

    static var current: Cluster { get throws { try #require(shared, "the suite lacks the trait .cluster") } }

    let state: String
    private let environment: [String: String]

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Runs `body` with a cluster, which is deleted afterwards.
    static func with(_ body: (Cluster) async throws -> Void) async throws {
        let variables = ProcessInfo.processInfo.environment
        let state = try folder()
        let cluster = Cluster(
            state: state,
            environment: [
                "FIELDSEAL_STATE": state, "FIELDSEAL_PORT_BASE": variables["FIELDSEAL_PORT_BASE"] ?? "\(freePorts())",
                "FIELDSEAL_BIN": variables["FIELDSEAL_BIN"] ?? "\(root)/.build/debug",
            ])
        let outcome: Result<Void, any Error>
        do {
            try await cluster.run("compose/local", "up")
            try await cluster.run(
                "\(cluster.environment["FIELDSEAL_BIN"] ?? "")/fieldseal", "catalog", "apply",
                "\(state)/config/catalog.yaml",
                "--config", "\(state)/config/operator.yaml")
            outcome = .success(try await body(cluster))
        } catch {
            outcome = .failure(error)
        }
        try await cluster.run("compose/local", "remove")
        try outcome.get()
    }

    func client(_ calls: ClientConfiguration.Calls = .init()) throws -> FieldsealClient {
        try client { $0.calls = calls }
    }

    func client(changing: (inout ClientConfiguration) -> Void) throws -> FieldsealClient {
        var configuration = try ClientConfiguration.load("\(state)/config/backend.yaml")
        changing(&configuration)
        return try FieldsealClient(configuration: configuration)
    }

    func conninfo() async throws -> String {
        try await run("compose/postgres", "status", "\(state)/postgres").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What a program of the project prints.
    @discardableResult
    func run(_ program: String, _ arguments: String...) async throws -> String {
        let path = program.hasPrefix("/") ? program : "\(Self.root)/\(program)"
        let words = ["env"] + environment.map { "\($0)=\($1)" } + [path] + arguments
        let command = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ") + " 2>&1"
        // Not by Foundation's Process, which waits for what the program leaves running, too.
        let (output, status) = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.execute(command)) }
        }
        try #require(status == 0, "\(program) \(arguments): \(output)")
        return output
    }

    private static func execute(_ command: String) -> (output: String, status: Int32) {
        guard let stream = popen(command, "r") else { return ("cannot be started", -1) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { output += buffer[..<count] }
        return (String(decoding: output, as: UTF8.self), pclose(stream))
    }

    private static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fieldseal-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        return folder
    }

    /// The first of four neighbouring ports that are free now.
    private static func freePorts() -> UInt16 {
        while true {
            let base = UInt16.random(in: 20_000..<32_000)
            if (base..<base + 4).allSatisfy(isFree) { return base }
        }
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// One cluster for all tests of a suite.
struct ClusterTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        try await Cluster.with { cluster in try await Cluster.$shared.withValue(cluster) { try await body() } }
    }
}

extension Trait where Self == ClusterTrait {
    static var cluster: Self { Self() }
}
