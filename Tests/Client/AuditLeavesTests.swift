import FieldsealMessages
import FieldsealRPC
import Synchronization
import Testing

@testable import FieldsealClient

@Suite struct AuditLeavesTests {
    /// Answers one script after the other; each tells the leaves of one call and how it ends.
    private final class Scripts: Sendable {
        private let left: Mutex<[(leaves: [UInt64], end: RPCStatus?)]>
        let asked = Mutex<[Range<UInt64>]>([])

        init(_ scripts: [(leaves: [UInt64], end: RPCStatus?)]) { left = Mutex(scripts) }

        func open(_ range: Range<UInt64>) -> AuditLeaves.Part {
            asked.withLock { $0.append(range) }
            let script = left.withLock { $0.removeFirst() }
            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                for index in script.leaves {
                    continuation.yield(Proto.ReadLeavesResponse(leaves: [Proto.LogLeaf(index: index)]).encoded())
                }
                continuation.finish(throwing: script.end)
            }
            return AuditLeaves.Part(answers: stream.map { try Proto.ReadLeavesResponse(decoding: $0) }, items: \.leaves)
        }

        func read(_ range: Range<UInt64>) async throws -> [UInt64] {
            var read: [UInt64] = []
            for try await leaf in AuditLeaves(range, open: { self.open($0) }) { read.append(leaf.index) }
            return read
        }
    }

    private static let tooManyUnread = RPCStatus.resourceExhausted("too many unread messages")

    @Test func whatWasNotReadInTimeIsAskedForAnew() async throws {
        let scripts = Scripts([([3, 4], Self.tooManyUnread), ([5], Self.tooManyUnread), ([6, 7], nil)])
        #expect(try await scripts.read(3..<8) == [3, 4, 5, 6, 7])
        #expect(scripts.asked.withLock { $0 } == [3..<8, 5..<8, 6..<8])
    }

    @Test func aCallThatGetsNowhereIsNotRepeated() async throws {
        let scripts = Scripts([([3], Self.tooManyUnread), ([3], Self.tooManyUnread)])
        let error = await #expect(throws: FieldsealError.self) { try await scripts.read(3..<8) }
        #expect(error?.code == .resourceExhausted)
    }

    @Test func otherFailuresEndIt() async throws {
        let scripts = Scripts([([3], RPCStatus(.dataLoss, "gone"))])
        let error = await #expect(throws: FieldsealError.self) { try await scripts.read(3..<8) }
        #expect(error?.code == .dataLoss)
    }

    @Test(arguments: [UInt64.max, 8, 1])
    func anIndexThatIsNotAskedForIsHandedOn(index: UInt64) async throws {
        #expect(try await Scripts([([index], nil)]).read(3..<8) == [index])
    }

    @Test func anEmptyRangeAsksNobody() async throws {
        #expect(try await Scripts([]).read(3..<3) == [])
    }
}
