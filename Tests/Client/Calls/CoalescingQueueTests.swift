import Testing

@testable import FieldsealClient

@Suite struct CoalescingQueueTests {
    private typealias Queue = CoalescingQueue<String, String>

    private static func queue(items: Int = 4, bytes: Int = 100) -> Queue {
        Queue(.init(delay: .milliseconds(1), items: items, bytes: bytes))
    }

    /// What an action says, in a line: "send 2: b c", "wait 2 until 1 ms", "cancel 2".
    private static func text(_ action: Queue.Action?) -> String {
        switch action {
        case .send(let batch): "send \(batch.number): \(batch.items.joined(separator: " "))"
        case .wait(let number, let lane, let until): "wait \(number) in \(lane) until \(until / .milliseconds(1)) ms"
        case .cancel(let number): "cancel \(number)"
        case nil: "nothing"
        }
    }

    private static func batch(_ actions: [Queue.Action]) throws -> Queue.Batch {
        let batches = actions.compactMap { if case .send(let batch) = $0 { batch } else { nil } }
        return try #require(batches.first)
    }

    private static func arrive(
        _ queue: inout Queue, _ ticket: UInt64, _ item: String, size: Int = 1, lane: String = "x",
        deadline: Duration = .seconds(30), now: Duration = .zero
    ) -> [Queue.Action] {
        queue.callArrived(ticket, item, size: size, lane: lane, deadline: deadline, now: now)
    }

    @Test func aLoneCallIsSentAtOnceAndLaterOnesGatherUntilItIsAnswered() throws {
        var queue = Self.queue()
        let first = Self.arrive(&queue, 1, "a")
        #expect(first.map(Self.text) == ["send 1: a"])
        #expect(Self.arrive(&queue, 2, "b", now: .milliseconds(3)).map(Self.text) == ["wait 2 in x until 4.0 ms"])
        #expect(Self.arrive(&queue, 3, "c", now: .milliseconds(3)).isEmpty)
        let second = queue.batchAnswered(try Self.batch(first))
        #expect(Self.text(second) == "send 2: b c")
        #expect(Self.text(queue.delayPassed(2, lane: "x")) == "nothing")
        #expect(Self.text(queue.batchAnswered(try Self.batch([second].compactMap { $0 }))) == "nothing")
        #expect(queue.isEmpty)
    }

    @Test func theDelayEndsTheGathering() throws {
        var queue = Self.queue()
        let first = try Self.batch(Self.arrive(&queue, 1, "a"))
        _ = Self.arrive(&queue, 2, "b")
        #expect(Self.text(queue.delayPassed(2, lane: "x")) == "send 2: b")
        #expect(Self.arrive(&queue, 3, "c").map(Self.text) == ["wait 3 in x until 1.0 ms"])
        #expect(Self.text(queue.batchAnswered(first)) == "send 3: c")
        #expect(Self.text(queue.delayPassed(3, lane: "x")) == "nothing")
    }

    @Test func aFullBatchGoesOut() {
        var queue = Self.queue(items: 2)
        _ = Self.arrive(&queue, 1, "a")
        _ = Self.arrive(&queue, 2, "b")
        #expect(Self.arrive(&queue, 3, "c").map(Self.text) == ["send 2: b c"])
        #expect(Self.arrive(&queue, 4, "d").map(Self.text) == ["wait 3 in x until 1.0 ms"])
    }

    @Test func bytesBoundABatchAndALargeItemGoesAlone() {
        var queue = Self.queue(bytes: 100)
        _ = Self.arrive(&queue, 1, "a")
        _ = Self.arrive(&queue, 2, "b", size: 60)
        #expect(
            Self.arrive(&queue, 3, "c", size: 60).map(Self.text) == ["send 2: b", "wait 3 in x until 1.0 ms"])
        #expect(Self.arrive(&queue, 4, "d", size: 200).map(Self.text) == ["send 3: c", "send 4: d"])
    }

    @Test func lanesDoNotMeet() {
        var queue = Self.queue()
        #expect(Self.arrive(&queue, 1, "a", lane: "x").map(Self.text) == ["send 1: a"])
        #expect(Self.arrive(&queue, 2, "b", lane: "y").map(Self.text) == ["send 2: b"])
        #expect(Self.arrive(&queue, 3, "c", lane: "y").map(Self.text) == ["wait 3 in y until 1.0 ms"])
        #expect(Self.text(queue.delayPassed(3, lane: "x")) == "nothing")
    }

    @Test func aBatchHasTheSoonestDeadlineOfItsCalls() throws {
        var queue = Self.queue(items: 2)
        _ = Self.arrive(&queue, 1, "a")
        _ = Self.arrive(&queue, 2, "b", deadline: .seconds(7))
        let actions = Self.arrive(&queue, 3, "c", deadline: .seconds(8))
        #expect(try Self.batch(actions).deadline == .seconds(7))
    }

    @Test func whoLeavesTakesNobodyAlong() throws {
        var queue = Self.queue()
        let first = try Self.batch(Self.arrive(&queue, 1, "a"))
        _ = Self.arrive(&queue, 2, "b")
        _ = Self.arrive(&queue, 3, "c")
        #expect(Self.text(queue.callAbandoned(2)) == "nothing")
        #expect(Self.text(queue.callAbandoned(2)) == "nothing")
        let second = try Self.batch([queue.batchAnswered(first)].compactMap { $0 })
        #expect(second.items == ["c"] && second.tickets == [3])
    }

    @Test func aBatchThatNobodyWaitsForIsCancelled() throws {
        var queue = Self.queue(items: 2)
        let first = try Self.batch(Self.arrive(&queue, 1, "a"))
        _ = Self.arrive(&queue, 2, "b")
        #expect(Self.text(queue.callAbandoned(2)) == "cancel 2")
        _ = Self.arrive(&queue, 3, "c")
        let second = try Self.batch(Self.arrive(&queue, 4, "d"))
        #expect(Self.text(queue.callAbandoned(3)) == "nothing")
        #expect(Self.text(queue.callAbandoned(4)) == "cancel \(second.number)")
        #expect(Self.text(queue.callAbandoned(1)) == "cancel 1")
        #expect([queue.batchAnswered(first), queue.batchAnswered(second)].map(Self.text) == ["nothing", "nothing"])
        #expect(queue.isEmpty)
    }
}
