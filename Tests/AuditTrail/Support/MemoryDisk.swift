import Synchronization
import Testing

@testable import FieldsealAuditTrail

/// A disk in memory that knows what a power failure would leave, and fails where it is told to.
final class MemoryDisk: FileSystem {
    enum Fault: CaseIterable, CustomTestStringConvertible {
        /// Nothing was done.
        case failed
        /// It was done, and reported as failed; of a write, one half was done.
        case answerLost
        /// The disk was full; of a write, one half was done.
        case full

        var testDescription: String { "\(self)" }
    }

    /// A file's content, shared by its names and openers.
    final class Node: @unchecked Sendable {
        var content: [UInt8] = []
        var durable: [UInt8] = []
        var isLocked = false
    }

    struct State {
        var names: [String: Node] = [:]
        var durableNames: [String: Node] = [:]
        var operations = 0
        var fault: (operations: [Int], kind: Fault)?
        var freeBytes = Int.max
    }

    let state = Mutex(State())

    /// Operations so far that change the disk.
    var operations: Int { state.withLock { $0.operations } }

    func fail(at operation: Int, as kind: Fault) { fail(at: [operation], as: kind) }

    func fail(at operations: [Int], as kind: Fault) { state.withLock { $0.fault = (operations, kind) } }

    /// What a new process finds after this one was killed.
    func afterKill() -> MemoryDisk { copy { names, _ in names.mapValues { ($0.content, $0.durable) } } }

    /// What is left when the power fails: names and contents that were made durable, and no more.
    func afterPowerFailure() -> MemoryDisk { copy { _, durable in durable.mapValues { ($0.durable, $0.durable) } } }

    private func copy(
        _ survivors: ([String: Node], [String: Node]) -> [String: ([UInt8], [UInt8])]
    ) -> MemoryDisk {
        let disk = MemoryDisk()
        let files = state.withLock { survivors($0.names, $0.durableNames) }
        disk.state.withLock { state in
            for (name, (content, durable)) in files {
                let node = Node()
                (node.content, node.durable) = (content, durable)
                state.names[name] = node
            }
            state.durableNames = state.names
        }
        return disk
    }

    /// Runs a change, or fails as told.
    func change(
        _ body: (inout State, _ half: Bool) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let result = state.withLock { state -> Result<Void, SpoolError> in
            defer { state.operations += 1 }
            do throws(SpoolError) {
                guard let fault = state.fault, fault.operations.contains(state.operations) else {
                    return .success(try body(&state, false))
                }
                if fault.kind != .failed { try body(&state, true) }
                return .failure(SpoolError(code: fault.kind == .full ? .noSpace : .disk, description: "told to fail"))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    func names() throws(SpoolError) -> [String] { state.withLock { Array($0.names.keys) } }

    func create(_ name: String) throws(SpoolError) -> any SpoolFile {
        try change { state, _ throws(SpoolError) in
            guard state.names[name] == nil else { throw SpoolError(code: .disk, description: "exists") }
            state.names[name] = Node()
        }
        return try open(name)
    }

    func open(_ name: String) throws(SpoolError) -> any SpoolFile {
        guard let node = state.withLock({ $0.names[name] }) else {
            throw SpoolError(code: .notFound, description: "no \(name)")
        }
        return MemoryFile(node: node, name: name, disk: self)
    }

    func remove(_ name: String) throws(SpoolError) {
        try change { state, _ throws(SpoolError) in
            guard state.names.removeValue(forKey: name) != nil else {
                throw SpoolError(code: .notFound, description: "no \(name)")
            }
        }
    }

    func rename(_ name: String, to other: String) throws(SpoolError) {
        try change { state, _ throws(SpoolError) in
            guard let node = state.names.removeValue(forKey: name) else {
                throw SpoolError(code: .notFound, description: "no \(name)")
            }
            state.names[other] = node
        }
    }

    func replace(_ name: String, with content: [UInt8]) throws(SpoolError) {
        try change { state, _ in
            let node = Node()
            (node.content, node.durable) = (content, content)
            state.names[name] = node
        }
    }

    func synchronize() throws(SpoolError) {
        try change { state, _ in state.durableNames = state.names }
    }

    func freeBytes() throws(SpoolError) -> Int { state.withLock { $0.freeBytes } }

    func lock(_ name: String) throws(SpoolError) -> any SpoolFile {
        let node = state.withLock { state -> Node? in
            let node = state.names[name] ?? Node()
            state.names[name] = node
            guard !node.isLocked else { return nil }
            node.isLocked = true
            return node
        }
        guard let node else { throw SpoolError(code: .inUse, description: "locked") }
        return MemoryFile(node: node, name: name, disk: self)
    }
}

/// An open file of a ``MemoryDisk``.
final class MemoryFile: SpoolFile {
    private let node: MemoryDisk.Node
    private let name: String
    private let disk: MemoryDisk

    init(node: MemoryDisk.Node, name: String, disk: MemoryDisk) {
        self.node = node
        self.name = name
        self.disk = disk
    }

    func size() throws(SpoolError) -> Int { disk.state.withLock { _ in node.content.count } }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpoolError) {
        try disk.change { _, half in
            let written = half ? bytes.prefix(bytes.count / 2) : bytes[...]
            node.content.replaceSubrange(offset..<min(offset + written.count, node.content.count), with: written)
        }
    }

    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(SpoolError) -> Int {
        disk.state.withLock { _ in
            let part = node.content.dropFirst(offset).prefix(target.count)
            target.copyBytes(from: part)
            return part.count
        }
    }

    func truncate(to size: Int) throws(SpoolError) {
        try disk.change { _, _ in node.content = Array(node.content.prefix(size)) }
    }

    func synchronize() throws(SpoolError) {
        try disk.change { _, _ in node.durable = node.content }
    }

    func isInPlace() throws(SpoolError) -> Bool { disk.state.withLock { $0.names[name] === node } }
}
