import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct SealLimitsTests {
    private static let now = ScheduleTests.now

    private static func record(
        _ leased: Int64, _ suite: CipherSuite = .aes256GCM, age: Int64 = 0, _ state: KeyState = .active
    ) -> KeyRecord {
        var record = ScheduleTests.record(.fek, state)
        record.protection = FieldProtection(suite: suite, rowBound: false, recordKeys: false)
        record.leased = leased
        record.createdUnixUs = now - age
        return record
    }

    @Test func theStandardsLimitsHold() {
        let limits = SealLimits()
        #expect(limits.rotation == 1 << 31 && limits.refusal == 1 << 32)
        #expect(limits.granted(.max, of: Self.record(0)) == 1 << 22)
        #expect(limits.granted(1_024, of: Self.record((1 << 32) - 1_000)) == 1_000)
        #expect(limits.granted(1, of: Self.record(1 << 32)) == 0)
        #expect(limits.granted(1, of: Self.record(.max)) == 0)
    }

    @Test(arguments: CipherSuite.allCases) func onlyRandom96BitNoncesAreSpent(suite: CipherSuite) {
        let limits = SealLimits()
        let isCounted = suite == .aes256GCM || suite == .chaCha20Poly1305
        #expect(Self.record(0, suite).countsSeals == isCounted)
        #expect(limits.isSpent(Self.record(1 << 31, suite)) == isCounted)
        #expect(!limits.isSpent(Self.record((1 << 31) - 1, suite)))
    }

    @Test func aVersionThatIsSpentWithinAWeekHasASuccessorOfAnotherSuite() {
        var limits = SealLimits()
        let week = 7 * RotationPolicy.day
        #expect(limits.suite(after: Self.record(1 << 31, age: week - 1), atUnixUs: Self.now) == .xaes256GCM)
        #expect(limits.suite(after: Self.record(1 << 31, age: week), atUnixUs: Self.now) == nil)
        #expect(limits.suite(after: Self.record(1 << 30), atUnixUs: Self.now) == nil)
        limits.exhaustionSuite = nil
        #expect(limits.suite(after: Self.record(1 << 31), atUnixUs: Self.now) == nil)
    }

    @Test func administratorsHearOfEachStepOnce() {
        let limits = SealLimits(rotation: 100, refusal: 200)
        let steps: [(Int64, Int64)] = [(0, 99), (99, 100), (100, 174), (174, 175), (175, 199), (199, 200)]
        let heard = steps.map { limits.alert(of: "users.note", before: $0.0, after: $0.1)?.severity }
        #expect(heard == [nil, .warning, nil, .critical, nil, .critical])
        #expect(limits.alert(of: "users.note", before: 0, after: 200)?.text.contains("nothing is sealed") == true)
    }

    @Test func whatIsSpentIsDueAtOnceAndLateWhereItWaits() throws {
        let facts = ScheduleTests.facts(.fek)
        let entry = try #require(ScheduleTests.entry(Self.record(1 << 31), facts))
        #expect(entry.action == .rotate && entry.isDue(atUnixUs: Self.now))
        var policy = RotationPolicy()
        policy.isPaused = true
        let paused = Schedule.entry(Self.record(1 << 31), facts, policy, atUnixUs: Self.now + 1)
        #expect(paused?.wait == .paused && paused?.isLate(atUnixUs: Self.now + 1) == true)
    }

    @Test func nothingIsSealedBesideASpentVersion() {
        let limits = SealLimits()
        let old = Self.record(0, age: 1, .transition)
        var new = Self.record(0)
        new.partner = old.version
        let identity = old.identity
        new.identity = KeyIdentity(
            kind: .fek, row: .random(), object: identity.object, version: .random(), parent: identity.parent)
        #expect(new.isSealed(beside: old, windowDays: 30, limits, atUnixUs: Self.now))
        var spent = old
        spent.leased = limits.rotation
        #expect(!new.isSealed(beside: spent, windowDays: 30, limits, atUnixUs: Self.now))
    }
}
