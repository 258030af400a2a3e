/// How much a spool takes, and what it does then.
struct SpoolLimits: Sendable {
    let segmentBytes: Int
    let maximumBytes: Int
    let dropsWhenFull: Bool

    /// Room that is kept for what was admitted before and for the end of the epoch.
    var headroom: Int { maximumBytes / 8 }
}
