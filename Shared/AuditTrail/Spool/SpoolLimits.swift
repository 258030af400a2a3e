/// How much a spool takes, and what it does then.
struct SpoolLimits: Sendable {
    let segmentBytes: Int
    let maximumBytes: Int
    /// Of the oldest block that is not acknowledged, in microseconds.
    let maximumAge: Int64
    let dropsWhenFull: Bool

    /// Room that is kept for what was admitted before and for the end of the epoch.
    var headroom: Int { maximumBytes / 8 }

    /// What segments that are trimmed and still kept may take besides.
    var keptBytes: Int { maximumBytes / 2 }
}
