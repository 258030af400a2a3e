import FieldsealCrypto
import Synchronization

/// What the streams of one replica share: the newest revisions in memory, and how they are woken.
///
/// The database is read once for all of them, by `KeyWatchService`.
final class KeyWatch: Sendable {
    /// Streams at a time.
    static let maximum = 1_024
    /// Revisions and notices that are kept in memory; who is further behind reads the table.
    private static let revisionLimit = 10_000
    private static let noticeLimit = 200_000

    /// What a stream has to send next.
    enum Answer: Equatable {
        /// Everything up to a revision; without notices it is a sign of life.
        case changes([KeyNotice], upTo: UInt64)
        /// Too far behind for the memory.
        case older
        /// The position is of another store, or of a later time than this one knows.
        case lost(newest: UInt64)
    }

    private struct State {
        var isOpen = false
        var newest: UInt64 = 0
        /// Revisions without a gap up to `newest`.
        var recent: [RevisionNotices] = []
        var noticeCount = 0
        var next: UInt64 = 0
        var streams: [UInt64: (replica: ObjectID, wake: AsyncStream<Void>.Continuation)] = [:]
        var acknowledgementWaiters: [UInt64: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())
    /// One element where keys to read the store with have come.
    let openings: AsyncStream<Void>
    private let opening: AsyncStream<Void>.Continuation

    init() { (openings, opening) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func storeOpened() { opening.yield() }

    /// The newest revision that was read; nil while nothing is.
    var newest: UInt64? { state.withLock { $0.isOpen ? $0.newest : nil } }

    /// The processes whose streams end here.
    var replicas: [ObjectID] { state.withLock { $0.streams.values.map(\.replica) } }

    /// One element whenever there is something to send, until the replica stops following the store.
    ///
    /// - Throws: `sealed` where it does not; `tooManyStreams`.
    func follow(_ replica: ObjectID) throws(KeyServiceError) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id: UInt64? = try state.withLock { state throws(KeyServiceError) in
            guard state.isOpen else { throw .sealed }
            guard state.streams.count < Self.maximum else { return nil }
            state.next += 1
            state.streams[state.next] = (replica, continuation)
            return state.next
        }
        guard let id else { throw .tooManyStreams }
        continuation.onTermination = { [self] _ in state.withLock { _ = $0.streams.removeValue(forKey: id) } }
        return stream
    }

    /// One element whenever a process has acknowledged something, on any replica.
    func acknowledgements() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.acknowledgementWaiters[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [self] _ in
            state.withLock { _ = $0.acknowledgementWaiters.removeValue(forKey: id) }
        }
        return stream
    }

    func answer(after position: UInt64) -> Answer {
        state.withLock { state in
            guard position <= state.newest else { return .lost(newest: state.newest) }
            guard position < state.newest else { return .changes([], upTo: position) }
            guard let first = state.recent.first?.previous, first <= position else { return .older }
            let missed = state.recent.drop { $0.revision <= position }
            // Of a history that a restore cut off.
            guard missed.first?.previous == position else { return .lost(newest: state.newest) }
            return .changes(missed.flatMap(\.notices), upTo: state.newest)
        }
    }

    /// Takes what was read.
    ///
    /// - Parameters:
    ///   - newest: the store's revision; a lower one than before is another store's.
    ///   - changes: what follows the revision that was newest before; with a gap before them, what is in memory is
    ///     forgotten.
    func advance(to newest: UInt64, _ changes: [RevisionNotices]) {
        state.withLock { state in
            let isSuccessor = state.isOpen && newest >= state.newest
            if !isSuccessor || changes.first.map({ $0.previous != state.newest }) ?? (newest != state.newest) {
                (state.recent, state.noticeCount) = ([], 0)
            }
            state.isOpen = true
            state.newest = changes.last.map(\.revision) ?? newest
            state.recent += changes
            state.noticeCount += changes.reduce(0) { $0 + $1.notices.count }
            var dropped = 0
            while state.recent.count - dropped > Self.revisionLimit || state.noticeCount > Self.noticeLimit,
                dropped < state.recent.count
            {
                state.noticeCount -= state.recent[dropped].notices.count
                dropped += 1
            }
            state.recent.removeFirst(dropped)
        }
    }

    /// Has every stream look whether there is something to send, and send at least a sign of life.
    func wake() {
        for stream in state.withLock({ Array($0.streams.values) }) { stream.wake.yield() }
    }

    func wakeAcknowledged() {
        for waiter in state.withLock({ Array($0.acknowledgementWaiters.values) }) { waiter.yield() }
    }

    /// Ends all streams: the replica does not follow the store any more.
    func close() {
        let streams = state.withLock { state in
            state.isOpen = false
            (state.recent, state.noticeCount) = ([], 0)
            return Array(state.streams.values)
        }
        for stream in streams { stream.wake.finish() }
    }
}
