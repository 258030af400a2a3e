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
    }

    /// One element, or several taken together, after every change.
    let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation
    private let state: Mutex<State>

    init(_ segments: [Segment]) {
        state = Mutex(State(segments: segments, bytes: segments.reduce(0) { $0 + $1.bytes }))
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
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

    /// The oldest segment whose number is not less.
    func segment(from number: UInt64) -> Segment? {
        state.withLock { state in state.segments.first { $0.number >= number } }
    }

    func started(_ segment: Segment) {
        state.withLock { state in
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

    /// Nothing more will be written.
    func finish() {
        state.withLock { $0.isOpen = false }
        changed.yield()
        changed.finish()
    }

    /// Segments that are closed and whose blocks are all acknowledged, given the last acknowledged block.
    func acknowledgedSegments(_ acknowledgement: Acknowledgement) -> [Segment] {
        state.withLock { state in
            state.segments.dropLast().prefix { $0.isAcknowledged(by: acknowledgement) }
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
    /// Whether all its blocks stand at or before the acknowledged one.
    func isAcknowledged(by acknowledgement: Acknowledgement) -> Bool {
        number < acknowledgement.segment
            || (number == acknowledgement.segment && epoch == acknowledgement.epoch
                && (blocks == 0 || lastSequence <= acknowledgement.sequence))
    }
}
