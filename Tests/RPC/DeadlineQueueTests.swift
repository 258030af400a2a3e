import FieldsealRPC
import Testing

struct DeadlineQueueTests {
    @Test func soonestComesFirst() {
        var queue = DeadlineQueue()
        for (stream, deadline) in [(UInt32(1), UInt64(50)), (3, 10), (5, 30), (7, 10), (9, 40)] {
            queue.insert(deadline, stream: stream, openCalls: 5) { _ in true }
        }
        #expect(queue.soonest == 10)
        #expect(queue.popExpired(9) == nil)
        var order: [UInt32] = []
        while let stream = queue.popExpired(45) { order.append(stream) }
        #expect(Set(order.prefix(2)) == [3, 7])
        #expect(order.dropFirst(2) == [5, 9])
        #expect(queue.soonest == 50)
    }

    @Test func randomDeadlinesComeInOrder() {
        var queue = DeadlineQueue()
        let deadlines = (0..<500).map { _ in UInt64.random(in: 0...100) }
        for (index, deadline) in deadlines.enumerated() {
            queue.insert(deadline, stream: UInt32(index), openCalls: 500) { _ in true }
        }
        var popped: [UInt64] = []
        while let stream = queue.popExpired(100) { popped.append(deadlines[Int(stream)]) }
        #expect(popped == deadlines.sorted())
    }

    @Test func endedCallsAreForgotten() {
        var queue = DeadlineQueue()
        for stream in UInt32(0)..<100_000 {
            queue.insert(UInt64(stream), stream: stream, openCalls: 10) { $0 + 10 > stream }
            #expect(queue.count <= 86)
        }
        #expect(queue.soonest.map { $0 >= 99_900 } == true)
    }
}
