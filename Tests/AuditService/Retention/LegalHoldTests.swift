import FieldsealMessages
import Testing

@testable import AuditService

@Suite("Legal holds")
struct LegalHoldTests {
    @Test func aHoldNamesMonthsAndAReason() throws {
        let hold = try LegalHold(
            .init(name: "case-7", firstMonth: "2026-01", lastMonth: "2026-03", reason: "a lawsuit"))
        #expect(hold.months.lowerBound.description == "2026-01" && hold.months.upperBound.description == "2026-03")
        let open = try LegalHold(.init(name: "a", firstMonth: "2026-01", reason: "x"))
        #expect(open.months.upperBound == LegalHold.lastMonth)
    }

    @Test(arguments: [
        Proto.PlaceHoldRequest(name: "", firstMonth: "2026-01", reason: "x"),
        Proto.PlaceHoldRequest(name: "Case", firstMonth: "2026-01", reason: "x"),
        Proto.PlaceHoldRequest(name: String(repeating: "a", count: 65), firstMonth: "2026-01", reason: "x"),
        Proto.PlaceHoldRequest(name: "a", firstMonth: "", reason: "x"),
        Proto.PlaceHoldRequest(name: "a", firstMonth: "2026-02", lastMonth: "2026-01", reason: "x"),
        Proto.PlaceHoldRequest(name: "a", firstMonth: "2026-01", reason: ""),
        Proto.PlaceHoldRequest(name: "a", firstMonth: "2026-01", reason: "a\0b"),
        Proto.PlaceHoldRequest(name: "a", firstMonth: "2026-01", reason: String(repeating: "a", count: 1_001)),
    ])
    func whatIsNoHoldIsRefused(_ request: Proto.PlaceHoldRequest) {
        #expect(throws: AuditServiceError.malformed) { try LegalHold(request) }
    }

    @Test(.enabled(if: TestLog.isConfigured)) func aNameIsUsedOnceAndReleasedOnce() async throws {
        try await TestLog.with { test async throws in
            let hold = try LegalHold(.init(name: "case", firstMonth: "2026-01", reason: "a lawsuit"))
            #expect(try await test.log.place(hold, by: "a") == [])
            await #expect(throws: AuditServiceError.holdExists) { try await test.log.place(hold, by: "b") }
            #expect(try await test.log.standingHolds() == [hold.months])
            let release = try HoldRelease(.init(name: "case", reason: "settled"))
            try await test.log.release(release, by: "b")
            #expect(try await test.log.standingHolds() == [])
            await #expect(throws: AuditServiceError.unknownHold) { try await test.log.release(release, by: "b") }
            await #expect(throws: AuditServiceError.holdExists) { try await test.log.place(hold, by: "a") }
            let told = try #require(try await test.log.holds().first)
            #expect(told.placedBy == "a" && told.releasedBy == "b" && told.releaseReason == "settled")
        }
    }
}
