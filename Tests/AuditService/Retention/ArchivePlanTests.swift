import Testing

@testable import AuditService

@Suite("Archive plan")
struct ArchivePlanTests {
    private static let january = LogMonth(unixMicroseconds: 1_767_225_600_000_000)

    private func month(_ number: Int) -> LogMonth { Self.january.advanced(by: number) }

    /// The plan for months from January on with these positions.
    private func plan(
        _ positions: [ClosedRange<Int64>?], before limit: Int, holds: [ClosedRange<Int>] = [], boundary: Int64 = .max
    ) -> ArchivePlan? {
        ArchivePlan(
            kept: positions.enumerated().map { MonthSpan(month: month($0), positions: $1) }, before: month(limit),
            holds: holds.map { month($0.lowerBound)...month($0.upperBound) }, boundary: boundary)
    }

    @Test func theOldestMonthGoesFirst() {
        let kept: [ClosedRange<Int64>?] = [1...9, 10...20, 21...22]
        #expect(plan(kept, before: 2)?.months == [month(0)])
        #expect(plan(kept, before: 2)?.positions == 1...9)
        #expect(plan(kept, before: 0) == nil)
        #expect(plan([], before: 5) == nil)
    }

    @Test func nothingGoesThatIsNeeded() {
        #expect(plan([1...9, 10...20], before: 2, boundary: 8) == nil)
        #expect(plan([1...9, 10...20], before: 2, boundary: 9)?.months == [month(0)])
    }

    @Test func anEmptyMonthGoesByItself() {
        #expect(plan([nil, 1...2], before: 1)?.months == [month(0)])
        #expect(plan([nil, 1...2], before: 1)?.positions == nil)
        #expect(plan([nil, 1...2], before: 1, boundary: 0)?.months == [month(0)])
    }

    @Test func aHoldKeepsWhatComesBehindIt() {
        let kept: [ClosedRange<Int64>?] = [1...9, 10...20, 21...22]
        #expect(plan(kept, before: 3, holds: [1...1])?.months == [month(0)])
        #expect(plan(kept, before: 3, holds: [0...0]) == nil)
        #expect(plan(Array(kept.dropFirst()), before: 3, holds: [0...4]) == nil)
    }

    /// A clock that went back has put blocks of the same time into two months.
    @Test func mixedMonthsGoTogether() {
        let kept: [ClosedRange<Int64>?] = [1...15, 10...20, 21...22]
        #expect(plan(kept, before: 2)?.months == [month(0), month(1)])
        #expect(plan(kept, before: 2)?.positions == 1...20)
        #expect(plan(kept, before: 1) == nil)
        #expect(plan(kept, before: 2, boundary: 19) == nil)
        #expect(plan(kept, before: 2, holds: [1...1]) == nil)
    }

    @Test func aPlanIsNamedByItsMonths() {
        #expect(plan([1...9, nil], before: 1)?.name == "2026-01")
        #expect(plan([1...15, 10...20], before: 2)?.name == "2026-01--2026-02")
    }
}
