/// Has all that a producer still holds sent once more: to a log that takes the place of the one that had it.
enum SpoolRewind {
    /// Brings back the segments that were trimmed and are still kept, as far as none is missing between them, and forgets what was
    /// acknowledged. Done again after a crash, it comes to the same.
    static func perform(in fileSystem: any FileSystem) throws(SpoolError) {
        let numbers = try fileSystem.names().compactMap { SegmentFormat.number(ofName: $0) }.sorted()
        let kept = try KeptSegment.all(in: fileSystem)
        guard var first = numbers.first ?? kept.last.map({ $0.number &+ 1 }), first > 0,
            let nothing = EventIdentifier([UInt8](repeating: 0, count: 16))
        else { return }
        for segment in kept.reversed() where segment.number &+ 1 == first {
            try fileSystem.rename(segment.name, to: SegmentFormat.name(segment.number))
            first = segment.number
        }
        let acknowledged = AcknowledgementFile(in: fileSystem)
        try acknowledged.store(Acknowledgement(epoch: nothing, sequence: 0, segment: first &- 1))
        try fileSystem.synchronize()
    }
}
