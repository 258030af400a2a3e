import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct CensusTests {
    private let left = ScheduleTests.now
    private let hour = RotationPolicy.hour

    private func report(begun: Int64, isPrimary: Bool = true) -> CensusRules.Report {
        CensusRules.Report(
            field: .random(), location: "", begunUnixUs: begun, reportedUnixUs: begun + 1, reporter: "a",
            isPrimary: isPrimary)
    }

    @Test func onlyACountOnThePrimaryAfterTheLongestLeaseSaysEmpty() {
        let record = ScheduleTests.record(.fek, .transition)
        func since(_ begun: Int64, _ isPrimary: Bool, _ rows: UInt64) -> Int64? {
            CensusRules.census(
                report(begun: begun, isPrimary: isPrimary), counts: [record.version: rows], versions: [record],
                after: nil
            ).entries[0].emptySinceUnixUs
        }
        #expect(since(left + hour + 1, true, 0) == left + hour + 1)
        #expect(since(left + hour, true, 0) == nil)
        #expect(since(left + hour + 1, false, 0) == nil)
        #expect(since(left + hour + 1, true, 1) == nil)
        let active = ScheduleTests.record(.fek, .active)
        let census = CensusRules.census(report(begun: .max - 1), counts: [:], versions: [active], after: nil)
        #expect(census.entries == [.init(version: active.version, rows: 0, emptySinceUnixUs: nil)])
    }

    @Test func theFirstOfAnUnbrokenRowCountsAndARowBreaksIt() {
        let record = ScheduleTests.record(.fek, .transition)
        var census: Census?
        func take(_ begun: Int64, _ rows: UInt64, isPrimary: Bool = true) -> Int64? {
            census = CensusRules.census(
                report(begun: begun, isPrimary: isPrimary), counts: rows == 0 ? [:] : [record.version: rows],
                versions: [record], after: census)
            return CensusRules.emptySince(record, lifecycle: .init(), censuses: census.map { [$0] } ?? [])
        }
        let start = left + 2 * hour
        #expect(take(left, 0) == nil)
        #expect(take(start, 0) == start)
        #expect(take(start + 5, 0) == start)
        #expect(take(start + 6, 0, isPrimary: false) == start, "a replica takes nothing back")
        #expect(take(start + 7, 1, isPrimary: false) == nil, "but what it finds is there")
        #expect(take(start + 8, 0) == start + 8)
        #expect(take(start + 9, 3) == nil)
        #expect(take(start + 10, 0) == start + 10)
    }

    @Test func aVersionThatWasActiveAgainIsCountedAnew() {
        var record = ScheduleTests.record(.fek, .transition)
        let census = CensusRules.census(
            report(begun: left + 2 * hour), counts: [:], versions: [record], after: nil)
        #expect(CensusRules.emptySince(record, lifecycle: .init(), censuses: [census]) != nil)
        record.deactivatedUnixUs = left + 3 * hour
        #expect(CensusRules.emptySince(record, lifecycle: .init(), censuses: [census]) == nil)
        let next = CensusRules.census(report(begun: left + 5 * hour), counts: [:], versions: [record], after: census)
        #expect(next.entries[0].emptySinceUnixUs == left + 5 * hour)
    }

    @Test func everyDeclaredPlaceCounts() {
        let record = ScheduleTests.record(.fek, .transition)
        func census(_ location: String, _ begun: Int64, rows: UInt64 = 0) -> Census {
            var report = report(begun: begun)
            report.location = location
            return CensusRules.census(
                report, counts: rows == 0 ? [:] : [record.version: rows], versions: [record], after: nil)
        }
        let lifecycle = FieldLifecycle(locations: ["a", "b"])
        let begun = left + 2 * hour
        let all = [census("", begun), census("a", begun + 2), census("b", begun + 1)]
        #expect(CensusRules.emptySince(record, lifecycle: lifecycle, censuses: all) == begun + 2)
        for missing in 0..<3 {
            var some = all
            some.remove(at: missing)
            #expect(CensusRules.emptySince(record, lifecycle: lifecycle, censuses: some) == nil)
            #expect(CensusRules.rows(of: record, lifecycle: lifecycle, censuses: some) == nil)
        }
        let some = [census("", begun, rows: 3), census("a", begun, rows: 4), census("b", begun)]
        #expect(CensusRules.rows(of: record, lifecycle: lifecycle, censuses: some) == 7)
        #expect(CensusRules.emptySince(record, lifecycle: lifecycle, censuses: some) == nil)
    }

    @Test func entriesAreReadBackAsTheyWereWritten() {
        let census = Census(
            field: .random(), location: "", begunUnixUs: 1, reportedUnixUs: 2, reporter: "", isPrimary: true,
            entries: [
                .init(version: nil, rows: 5, emptySinceUnixUs: nil),
                .init(version: .random(), rows: .max, emptySinceUnixUs: 7),
            ])
        #expect(Census.entries(encoded: census.encodedEntries) == census.entries)
        #expect(Census.entries(encoded: [1, 2]) == nil)
        #expect(Census.entries(encoded: []) == [])
    }
}
