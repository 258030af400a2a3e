/// The months whose rows can stand in the database: made ahead, and not archived yet.
struct KeptMonths: Hashable, Sendable {
    let first: LogMonth
    let last: LogMonth

    init(first: LogMonth, last: LogMonth) { (self.first, self.last) = (first, last) }

    /// The month to which rows of a time belong: its own, or the nearest that is kept, whatever the clock says.
    func month(at unixMicroseconds: Int64) -> LogMonth {
        min(max(LogMonth(unixMicroseconds: unixMicroseconds), first), last)
    }
}
