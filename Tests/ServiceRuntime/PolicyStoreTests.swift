import FieldsealServiceRuntime
import Foundation
import Testing

@Suite struct PolicyStoreTests {
    static func policy(_ operation: String) -> String {
        "version: 1\nrules:\n  - {identity: spiffe://a/b, operations: [\(operation)]}\n"
    }

    @Test func reloadReplacesThePolicyWholeOrNotAtAll() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("policy.yaml", Self.policy("status"))
        let store = try PolicyStore(path: path)
        let first = store.generation
        #expect(store.grant(for: "spiffe://a/b").allows(.status))

        try folder.write("policy.yaml", Self.policy("query-audit"))
        try store.reload()
        #expect(store.generation == first + 1)
        #expect(store.grant(for: "spiffe://a/b").allows(.queryAudit))
        #expect(!store.grant(for: "spiffe://a/b").allows(.status))

        for bad in ["rules: [", Self.policy("unknown"), "", "version: 1\nrules: []\nmore: 1", "\u{0}"] {
            try folder.write("policy.yaml", bad)
            #expect(throws: ConfigurationError.self) { try store.reload() }
        }
        try FileManager.default.removeItem(atPath: path)
        let error = #expect(throws: ConfigurationError.self) { try store.reload() }
        #expect(error?.description == "\(path): cannot be read: No such file or directory")
        #expect(store.generation == first + 1)
        #expect(store.grant(for: "spiffe://a/b").allows(.queryAudit))
    }

    @Test func refusesABadFileAtTheStart() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("policy.yaml", Self.policy("nothing"))
        #expect(throws: ConfigurationError.self) { try PolicyStore(path: path) }
        #expect(throws: ConfigurationError.self) { try PolicyStore(path: folder.path) }
        let binary = try folder.write("binary.yaml", bytes: [0xff, 0xfe, 0x41])
        #expect(throws: ConfigurationError(origin: binary, problem: "not UTF-8")) { try PolicyStore(path: binary) }
        let long = try folder.write("long.yaml", String(repeating: "#", count: (1 << 20) + 1))
        #expect(throws: ConfigurationError(origin: long, problem: "longer than 1 MiB")) { try PolicyStore(path: long) }
    }
}

/// A folder of a test's own, deleted with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "fieldseal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, bytes: Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}
