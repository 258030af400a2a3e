import Foundation
import Testing

@testable import AuditService

@Suite("Months")
struct LogMonthTests {
    @Test func aTimeHasTheMonthOfTheCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var days: [Int64] = [0, 30, 31, 58, 59, 789, 11_015, 11_016, 47_540, 47_541, 2_932_896]
        for _ in 0..<2_000 { days.append(.random(in: 0...2_932_896)) }
        for day in days {
            for second: Int64 in [0, 86_399] {
                let time = day * 86_400 + second
                let parts = calendar.dateComponents(
                    [.year, .month], from: Date(timeIntervalSince1970: TimeInterval(time)))
                let month = LogMonth(unixMicroseconds: time * 1_000_000 + 999_999)
                #expect(Int(month.rawValue) == (parts.year ?? 0) * 100 + (parts.month ?? 0), "day \(day)")
            }
        }
    }

    @Test func timesBeyondTheCalendarAreItsEnds() {
        #expect(LogMonth(unixMicroseconds: .min).description == "1970-01")
        #expect(LogMonth(unixMicroseconds: .max).description == "9999-12")
    }

    @Test func monthsAreCounted() throws {
        let month = try #require(LogMonth("2026-11"))
        #expect(month.rawValue == 202_611)
        #expect(
            [0, 1, 2, 14, -11, -12].map { month.advanced(by: $0).description } == [
                "2026-11", "2026-12", "2027-01", "2028-01", "2025-12", "2025-11",
            ])
        #expect(month.advanced(by: .max / 2).description == "9999-12")
        #expect(month.advanced(by: .min / 2).description == "1970-01")
    }

    @Test(arguments: [
        "", "2026-13", "2026-00", "1969-12", "2026-1", "2026-011", "2026/11", "+026-11", "2026- 1", "２026-1",
    ])
    func whatIsNoMonthIsRefused(_ text: String) { #expect(LogMonth(text) == nil) }
}
