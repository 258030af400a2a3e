import FieldsealAuditTrail
import FieldsealMessages
import Synchronization

/// Keeps the audit events that a trail ships.
final class TestSink: BlockSink {
    private let stored = Mutex<[Proto.Event]>([])

    var events: [Proto.Event] { stored.withLock { $0 } }

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        try store(blocks.map(\.block))
        return blocks.last?.sequence ?? 0
    }

    /// - Returns: the last block.
    @discardableResult
    func store(_ blocks: [[UInt8]]) throws -> Proto.Block? {
        var last: Proto.Block?
        for block in blocks {
            let decoded = try Proto.Block(decoding: block)
            let events = try decoded.events.map { try Proto.Event(decoding: $0) }
            stored.withLock { $0 += events }
            last = decoded
        }
        return last
    }
}
