import FieldsealHTTP
import Foundation
import Synchronization

@testable import FieldsealCustody

/// A running stand-in of a provider, from `Tests/Custody/StandIns`. It ends when this does, or the test's process.
final class StandIn: @unchecked Sendable {
    // Sendable: the process is started in init and ended in stop only; the rest does not change.
    private let process = Process()
    private let input = Pipe()
    private let told: [String: String]

    /// From the repository's Python environment, which `Tests/run` makes and names.
    static let python: String? = {
        let named = ProcessInfo.processInfo.environment["FIELDSEAL_TEST_PYTHON"]
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../..").standardizedFileURL.path
        let path = named ?? "\(root)/.venv/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
    static let isAvailable = python != nil

    /// - Parameter successorOf: one that was stopped, whose address and keys this takes over.
    init(_ module: String, successorOf last: StandIn? = nil) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "StandIns/\(module).py")
        process.executableURL = URL(fileURLWithPath: Self.python ?? "/nonexistent")
        process.arguments =
            ["-B", script.path]
            + (last.map { ["--port", $0["port"], "--folder", $0["folder"]] } ?? [])
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { throw Failure.didNotStart }
            line += part
        }
        told = Self.flattened(try JSONSerialization.jsonObject(with: line), under: "")
    }

    deinit { stop() }

    enum Failure: Error {
        case didNotStart
        case noControl
    }

    /// What it told at its start; names of nested values are joined by points.
    subscript(_ name: String) -> String { told[name] ?? "" }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.terminate()
        process.waitUntilExit()
    }

    func set(_ switches: String) async throws {
        let answer = try await caller().call(HTTPRequest(.post, "\(self["url"])/control", body: HTTPBody(switches)))
        guard answer.status == 200 else { throw Failure.noControl }
    }

    /// How often paths that end so were called.
    func calls(_ end: String) async throws -> Int {
        let answer = try await caller().call(HTTPRequest(.get, "\(self["url"])/control"))
        let state = try JSONSerialization.jsonObject(with: Data(answer.body.bytes))
        return Self.flattened(state, under: "").filter { $0.key.hasPrefix("calls.") && $0.key.hasSuffix(end) }
            .compactMap { Int($0.value) }.reduce(0, +)
    }

    /// With waits between attempts that take no time.
    func network(
        _ environment: [String: String] = [:], limits: HTTPCaller.Limits = .init(attempt: .seconds(20)),
        now: @escaping @Sendable () -> Int64 = ProviderNetwork.systemTime
    ) throws -> ProviderNetwork {
        ProviderNetwork(
            caller: try caller(), metadata: HTTPCaller(try NetworkTransport(.init(allowsPlaintext: true))),
            limits: limits, now: now, environment: { environment[$0] })
    }

    private func caller() throws -> HTTPCaller {
        let pacing = HTTPPacing(now: HTTPPacing.system.now, sleep: { _ in }, fraction: { 0 })
        return HTTPCaller(try NetworkTransport(.init(authoritiesFile: self["authorities"])), pacing: pacing)
    }

    private static func flattened(_ value: Any, under name: String) -> [String: String] {
        guard let object = value as? [String: Any] else { return [name: "\(value)"] }
        return object.reduce(into: [:]) { flat, member in
            let inner = name.isEmpty ? member.key : "\(name).\(member.key)"
            flat.merge(flattened(member.value, under: inner)) { $1 }
        }
    }
}

/// A clock that tests set, in seconds since 1970.
final class TestClock: Sendable {
    private let offset = Mutex<Int64>(0)

    func advance(_ seconds: Int64) { offset.withLock { $0 += seconds } }

    /// Ahead of the real time, which stand-ins go by, as far as was advanced.
    @Sendable func now() -> Int64 { ProviderNetwork.systemTime() + offset.withLock { $0 } }
}
