import Glibc
import Logging
import Testing

@testable import FieldsealAuditTrail

/// With real processes on a real disk.
struct ProcessTests {
    private struct Unreachable: BlockSink {
        func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 { throw CancellationError() }
    }

    private static func open(_ path: String) throws -> AuditTrail {
        var configuration = AuditTrailConfiguration(producer: "spiffe://test/service", directory: path)
        configuration.segmentBytes = 64 << 10
        return try AuditTrail(
            configuration: configuration, sink: Unreachable(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("SIGKILL among busy recorders: what was acknowledged is there", arguments: [1, 40, 300, 1000])
    func killed(after count: Int) async throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, count = count as Int] in
            let trail = try Self.open(path + "/spool")
            let acknowledged = Glibc.open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<Int.max {
                            let id = number * 8 + task
                            guard (try? await trail.record(.numbered(id, padding: 1500))) != nil else { return }
                            let line = Array("\(id)\n".utf8)
                            _ = write(acknowledged, line, line.count)
                            if id >= count { kill(getpid(), SIGKILL) }
                        }
                    }
                }
            }
        }
        let file = try #require(try? LocalFileSystem(path).open("acknowledged"))
        let acknowledged = String(decoding: try file.read(at: 0, count: file.size()), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        #expect(acknowledged.count >= count / 8)
        let sink = RecordingSink()
        try await TestTrail(try LocalFileSystem(path + "/spool"), sink: sink).finish()
        let found = try sink.objects().map { String($0.prefix { $0 != " " }) }
        #expect(Set(found).count == found.count)
        #expect(Set(found).isSuperset(of: acknowledged))
    }

    @Test("a process whose segment was taken away ends by itself")
    func segmentTakenAway() async throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path
        await #expect(processExitsWith: .exitCode(74)) { [path = path as String] in
            let trail = try Self.open(path)
            unlink(path + "/" + SegmentFormat.name(1))
            try await trail.record(.numbered(1))
        }
    }

    @Test("a second process is refused the directory")
    func secondProcess() async throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path
        let trail = try Self.open(path)
        await #expect(processExitsWith: .exitCode(3)) { [path = path as String] in
            do {
                _ = try Self.open(path)
            } catch let error as SpoolError where error.code == .inUse {
                exit(3)
            }
        }
        await trail.close()
    }
}
