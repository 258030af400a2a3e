import Glibc
import Testing

@testable import FieldsealAuditTrail

struct LocalFileSystemTests {
    private let directory = TemporaryDirectory()

    @Test("files are made once, written, read, cut, and removed")
    func files() throws {
        let fileSystem = try LocalFileSystem(directory.path + "/spool")
        let file = try fileSystem.create("a")
        #expect(throws: SpoolError.self) { try fileSystem.create("a") }
        try file.write([1, 2, 3], at: 0)
        try file.write([4, 5], at: 3)
        try file.synchronize()
        try fileSystem.synchronize()
        #expect(try file.size() == 5)
        #expect(try fileSystem.open("a").read(at: 1, count: 10) == [2, 3, 4, 5])
        try file.truncate(to: 2)
        try file.write([9, 8], at: 1)
        #expect(try file.read(at: 0, count: 9) == [1, 9, 8])
        #expect(try fileSystem.names() == ["a"])
        #expect(try file.isInPlace())
        try fileSystem.remove("a")
        #expect(try !file.isInPlace())
        #expect(try fileSystem.names().isEmpty)
        let missing = #expect(throws: SpoolError.self) { try fileSystem.open("a") }
        #expect(missing?.code == .notFound)
        #expect(try fileSystem.freeBytes() > 0)
    }

    @Test("a replaced file is found whole, and its opener notices")
    func replacing() throws {
        let fileSystem = try LocalFileSystem(directory.path)
        try fileSystem.replace("a", with: [1])
        let file = try fileSystem.open("a")
        try fileSystem.replace("a", with: [2, 3])
        #expect(try fileSystem.open("a").read(at: 0, count: 9) == [2, 3])
        #expect(try !file.isInPlace())
        #expect(try fileSystem.names() == ["a"])
    }

    @Test("a lock is held against others until it is let go")
    func locking() throws {
        let fileSystem = try LocalFileSystem(directory.path)
        var lock: (any SpoolFile)? = try fileSystem.lock("a")
        let error = #expect(throws: SpoolError.self) { try fileSystem.lock("a") }
        #expect(error?.code == .inUse)
        #expect(lock != nil)
        lock = nil
        _ = try fileSystem.lock("a")
    }

    @Test("a link is not followed")
    func links() throws {
        let fileSystem = try LocalFileSystem(directory.path)
        #expect(symlink("/etc/hostname", directory.path + "/a") == 0)
        #expect(throws: SpoolError.self) { try fileSystem.open("a") }
    }

    @Test("a directory that cannot be made is an error")
    func noDirectory() {
        #expect(throws: SpoolError.self) { try LocalFileSystem(directory.path + "/a/b") }
    }

    @Test("a trail on a real disk survives a restart")
    func trail() async throws {
        let sink = RecordingSink()
        for round in 0..<3 {
            let test = try TestTrail(try LocalFileSystem(directory.path), sink: sink)
            for number in 0..<20 { try await test.trail.record(.numbered(round * 20 + number)) }
            if round == 1 { try await test.trail.shipper.shipBacklog() }
            await test.trail.close()
        }
        try await TestTrail(try LocalFileSystem(directory.path), sink: sink).finish()
        #expect(try sink.objects() == (0..<60).map { "\($0)" })
    }
}
