import Foundation
import Testing

/// A PostgreSQL server of one test's own, which may be restarted under its clients.
struct DatabaseServer {
    enum Stop: String, CaseIterable {
        /// Statements that run are cancelled.
        case fast
        /// As in a crash: what was acknowledged is recovered from the write-ahead log.
        case immediate
    }

    let folder: String
    let conninfo: String

    static func with(_ body: (DatabaseServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/fieldseal-postgres-\(UUID())"
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(
                try await body(DatabaseServer(folder: folder, conninfo: try await run("start", folder))))
        } catch {
            outcome = .failure(error)
        }
        _ = try await run("remove", folder)
        try outcome.get()
    }

    /// It comes back at the same address.
    func restart(_ stop: Stop) async throws {
        _ = try await Self.run("stop", folder, stop.rawValue)
        let conninfo = try await Self.run("start", folder)
        try #require(conninfo == self.conninfo)
    }

    /// - Returns: the line that `compose/postgres` prints.
    private static func run(_ arguments: String...) async throws -> String {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let program = root.appending(path: "compose/postgres").path
        let command = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try output(of: command) }) }
        }
    }

    /// Not by Foundation's `Process`: it waits for whoever inherits its files, and the server goes on.
    private static func output(of command: String) throws -> String {
        let pipe = try #require(popen(command, "r"))
        var buffer = [CChar](repeating: 0, count: 4_096)
        let line = fgets(&buffer, Int32(buffer.count), pipe).map { String(cString: $0) } ?? ""
        try #require(pclose(pipe) == 0, "\(command) failed")
        return line.trimmingCharacters(in: .newlines)
    }
}
