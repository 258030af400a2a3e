extension Finding {
    /// How far a producer's clock may be ahead, in microseconds.
    static let clockTolerance: Int64 = 300 * 1_000_000

    /// What blocks show that are in order and stored.
    /// - Parameter end: where their epoch ended before.
    static func remarks(on blocks: [ReceivedBlock], behind end: EpochEnd, at now: Int64) -> [Finding] {
        let joining =
            blocks.first.map { end.sequence == 0 && $0.sequence > 1 ? [Finding(.lostBeginning, $0)] : [] } ?? []
        return joining
            + blocks.flatMap { block in
                var kinds: [Kind] = []
                if block.dropped > 0 { kinds.append(.dropped) }
                let last = block.events.map(\.event.lastUnixUs).max() ?? 0
                if last > now, last - now > clockTolerance { kinds.append(.clockSkew) }
                return kinds.map { Finding($0, block) }
            }
    }
}
