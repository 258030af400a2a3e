internal import Synchronization

/// Takes segments out of the spool whose blocks are all safe elsewhere, and keeps them for a day outside its limit.
final class Trimmer: Sendable {
    private let fileSystem: any FileSystem
    private let acknowledged: AcknowledgementFile
    private let index: SpoolIndex
    private let limits: SpoolLimits
    /// Microseconds since 1970-01-01 UTC.
    private let now: @Sendable () -> Int64
    private let kept: Mutex<[KeptSegment]>

    init(
        fileSystem: any FileSystem, acknowledged: AcknowledgementFile, index: SpoolIndex, limits: SpoolLimits,
        now: @escaping @Sendable () -> Int64
    ) throws(SpoolError) {
        kept = Mutex(try KeptSegment.all(in: fileSystem))
        self.fileSystem = fileSystem
        self.acknowledged = acknowledged
        self.index = index
        self.limits = limits
        self.now = now
    }

    /// Trims closed segments that hold no block behind the position. Called by one task at a time.
    func trim(upTo position: Acknowledgement) throws(SpoolError) {
        let segments = index.segments(upTo: position)
        guard !segments.isEmpty else { return }
        // An older acknowledgement must not come back once the segments are gone.
        try acknowledged.synchronize()
        for segment in segments {
            let trimmed = KeptSegment(segment, trimmed: now())
            try fileSystem.rename(SegmentFormat.name(segment.number), to: trimmed.name)
            index.removed(segment)
            kept.withLock { $0.append(trimmed) }
        }
        try expire()
    }

    /// Removes what was kept long enough, and all where the disk runs short.
    func expire() throws(SpoolError) {
        let isShort = ((try? fileSystem.freeBytes()) ?? Int.max) < 2 * limits.headroom
        let limit = isShort ? 0 : limits.keptBytes
        let due = kept.withLock { kept in
            let due = Array(KeptSegment.due(of: kept, at: now(), limit: limit))
            kept.removeFirst(due.count)
            return due
        }
        for segment in due {
            do throws(SpoolError) {
                try fileSystem.remove(segment.name)
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
    }
}
