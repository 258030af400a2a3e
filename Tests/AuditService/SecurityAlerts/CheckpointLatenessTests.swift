import FieldsealServiceRuntime
import Testing

@testable import AuditService

struct CheckpointLatenessTests {
    private static let minute: Int64 = 60 * 1_000_000
    private static let begun = 10_000 * minute

    private func isTold(
        published: Int64, now: Int64, told: Int64? = nil, begun: Int64 = Self.begun, idleBeat: Int64 = Self.minute
    ) -> Bool {
        CheckpointLateness.alert(
            published: published, idleBeat: idleBeat, begun: begun, now: now, told: told, .init()) != nil
    }

    @Test func aQuorumThatIsMissedForLongerThanTheLimitIsToldOnce() {
        let published = Self.begun + 100 * Self.minute
        #expect(!isTold(published: published, now: published + 10 * Self.minute))
        #expect(isTold(published: published, now: published + 10 * Self.minute + 1))
        #expect(!isTold(published: published, now: published + 99 * Self.minute, told: published))
        // The next time it is missed it is told again.
        #expect(isTold(published: published + Self.minute, now: published + 99 * Self.minute, told: published))
    }

    @Test func aServiceThatHasJustBegunGetsTime() {
        #expect(!isTold(published: 1, now: Self.begun + Self.minute))
        #expect(isTold(published: 1, now: Self.begun + Self.minute + 1))
    }

    @Test func aLogThatWasNeverPublishedIsTold() {
        #expect(!isTold(published: 0, now: Self.begun + 10 * Self.minute))
        #expect(isTold(published: 0, now: Self.begun + 11 * Self.minute))
        #expect(!isTold(published: 0, now: Self.begun + 99 * Self.minute, told: 0))
    }

    @Test func aSlowBeatIsNotLate() {
        let published = Self.begun + 10 * Self.minute
        #expect(!isTold(published: published, now: published + 20 * Self.minute, idleBeat: 10 * Self.minute))
        #expect(isTold(published: published, now: published + 21 * Self.minute, idleBeat: 10 * Self.minute))
    }
}
