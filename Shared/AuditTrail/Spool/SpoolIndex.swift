internal import Synchronization

/// One segment file, as far as it is durable.
struct Segment: Hashable, Sendable {
    let number: UInt64
    let epoch: EventIdentifier
    let firstSequence: UInt64
    /// The number of blocks.
    var blocks: UInt64
    /// Its length, up to the last durable record.
    var bytes: Int

    var lastSequence: UInt64 { firstSequence + blocks - 1 }
}

/// What the spool holds: written by the spool's thread, read by the shipper.
final class SpoolIndex: Sendable {
    private struct State {
        var segments: [Segment]
        var bytes: Int
        /// The last segment may still grow.
        var isOpen = true
        /// The last segment is one of this process.
        var hasStarted = false
        var acknowledged: Acknowledgement?
        /// Of the first block that waits for its acknowledgement.
        var waitingSince: Int64?
    }

    /// One element, or several taken together, after every change.
    let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation
    /// The same for acknowledgements.
    let acknowledgements: AsyncStream<Void>
    private let wasAcknowledged: AsyncStream<Void>.Continuation
    private let state: Mutex<State>

    init(_ segments: [Segment], acknowledged: Acknowledgement?) {
        state = Mutex(
            State(
                segments: segments, bytes: segments.reduce(0) { $0 + $1.bytes }, acknowledged: acknowledged))
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (acknowledgements, wasAcknowledged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Of all segments.
    var bytes: Int { state.withLock { $0.bytes } }

    /// The last segment does not grow any more.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// The last durable block of the present epoch; 0: none.
    var lastSequence: UInt64 {
        state.withLock { state in
            guard let last = state.segments.last, last.firstSequence > 0 || last.blocks > 0 else { return 0 }
            return last.lastSequence
        }
    }

    /// The last durable block; nil: there is none.
    var last: Acknowledgement? {
        state.withLock { state in
            state.segments.last { $0.blocks > 0 }
                .map { Acknowledgement(epoch: $0.epoch, sequence: $0.lastSequence, segment: $0.number) }
        }
    }

    /// The last acknowledged block.
    var acknowledged: Acknowledgement? { state.withLock { $0.acknowledged } }

    /// When the oldest block that is not acknowledged was made, in microseconds since 1970; nil: there is none, or it was
    /// made a moment ago.
    var waitingSince: Int64? { state.withLock { $0.waitingSince } }

    /// Blocks that are not acknowledged.
    var waitingBlocks: UInt64 {
        state.withLock { state in
            state.segments.reduce(0) { $0 + $1.blocks(after: state.acknowledged) }
        }
    }

    /// The oldest segment whose number is not less.
    func segment(from number: UInt64) -> Segment? {
        state.withLock { state in state.segments.first { $0.number >= number } }
    }

    func started(_ segment: Segment) {
        state.withLock { state in
            state.hasStarted = true
            state.segments.append(segment)
            state.bytes += segment.bytes
        }
    }

    /// Records became durable in the last segment.
    func grew(blocks: Int, bytes: Int) {
        state.withLock { state in
            guard let last = state.segments.indices.last else { return }
            state.segments[last].blocks += UInt64(blocks)
            state.segments[last].bytes += bytes
            state.bytes += bytes
        }
        changed.yield()
    }

    func acknowledged(_ acknowledgement: Acknowledgement) {
        state.withLock { $0.acknowledged = acknowledgement }
        wasAcknowledged.yield()
    }

    /// The oldest block that is not acknowledged is of this time.
    func waits(since time: Int64?) { state.withLock { $0.waitingSince = time } }

    /// Nothing more will be written.
    func finish() {
        state.withLock { $0.isOpen = false }
        changed.yield()
        changed.finish()
    }

    /// Segments that are closed and hold no block behind this one.
    func segments(upTo last: Acknowledgement) -> [Segment] {
        state.withLock { state in
            state.segments.dropLast(state.hasStarted ? 1 : 0)
                .prefix { $0.number <= last.segment && $0.blocks(after: last) == 0 }
        }
    }

    func removed(_ segment: Segment) {
        state.withLock { state in
            state.segments.removeAll { $0.number == segment.number }
            state.bytes -= segment.bytes
        }
    }
}

extension Segment {
    /// How many of its blocks stand behind the acknowledged one.
    func blocks(after acknowledgement: Acknowledgement?) -> UInt64 {
        guard let acknowledgement, number <= acknowledgement.segment else { return blocks }
        guard number == acknowledgement.segment else { return 0 }
        guard epoch == acknowledgement.epoch else { return blocks }
        let end = firstSequence + blocks
        return end > acknowledgement.sequence ? min(blocks, end - acknowledgement.sequence - 1) : 0
    }
}
