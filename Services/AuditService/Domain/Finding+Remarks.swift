extension Finding {
    /// How far a producer's clock may be ahead, in microseconds.
    static let clockTolerance: Int64 = 300 * 1_000_000

    /// What blocks show that are in order and stored.
    static func remarks(on blocks: [ReceivedBlock], at now: Int64) -> [Finding] {
        blocks.flatMap { block in
            var kinds: [Kind] = []
            if block.dropped > 0 { kinds.append(.dropped) }
            let last = block.events.map(\.event.lastUnixUs).max() ?? 0
            if last > now, last - now > clockTolerance { kinds.append(.clockSkew) }
            return kinds.map { Finding($0, block) }
        }
    }
}
