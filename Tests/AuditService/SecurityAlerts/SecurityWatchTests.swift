import FieldsealAlerts
import FieldsealMessages
import FieldsealServiceRuntime
import Testing

@testable import AuditService

/// The rules, without a database: what is seen, and what is told.
struct SecurityWatchTests {
    private static let minute: Int64 = 60 * 1_000_000
    private static let hour: Int64 = 60 * minute
    private static let start = 500_000 * hour

    private var watch = SecurityWatch()
    private var rules = SecurityRules()

    private func event(
        _ operation: Proto.Operation = .decrypt, by actor: String = "spiffe://a/backend", at time: Int64,
        version: UInt64 = 0, outcome: Int32 = 0, cause: String = "", count: Int64 = 1, field: String = "email"
    ) -> ObservedEvent {
        ObservedEvent(
            time: Self.start + time, actor: actor, operation: operation, table: "users", field: field,
            keyVersion: version, outcome: outcome, cause: cause, count: count)
    }

    private mutating func told(_ events: ObservedEvent..., now: Int64 = .max) -> [Alert.Kind] {
        alerts(events, now: now).map(\.kind)
    }

    private mutating func alerts(_ events: [ObservedEvent], now: Int64 = .max) -> [Alert] {
        var tally = AlertTally()
        for event in events { watch.observe(event, rules, now: now, into: &tally) }
        return tally.all
    }

    // MARK: failed decrypts

    @Test mutating func aBurstOfFailuresIsToldOnce() {
        rules.failedDecrypts?.count = 5
        let failure = { [self] (time: Int64) in event(at: time, outcome: 3, cause: "tag", count: 2) }
        #expect(told(failure(0), failure(Self.minute)) == [])
        let alert = alerts([failure(2 * Self.minute)])
        #expect(alert.map(\.kind) == [.failedDecrypts] && alert[0].severity == .critical)
        #expect(alert[0].object == "spiffe://a/backend" && alert[0].text.contains("6 values within 5 minutes"))
        #expect(alert[0].text.contains("users.email (tag)"))
        // What was told counts no more; as many again are another burst.
        #expect(told(failure(2 * Self.minute + 1), failure(3 * Self.minute)) == [])
        #expect(told(failure(3 * Self.minute)) == [.failedDecrypts])
    }

    @Test mutating func slowFailuresAreNoBurst() {
        rules.failedDecrypts?.count = 3
        for step in 0..<50 {
            #expect(told(event(at: Int64(step) * 3 * Self.minute, outcome: 3, cause: "tag")) == [])
        }
    }

    @Test mutating func identitiesAreCountedApartAndSomeNotAtAll() {
        rules.failedDecrypts?.count = 3
        rules.failedDecrypts?.except = ["spiffe://a/fuzzer"]
        for actor in ["a", "b", "c", "d"] {
            #expect(told(event(by: "spiffe://\(actor)/x", at: 0, outcome: 7, cause: "policy", count: 2)) == [])
        }
        #expect(told(event(by: "spiffe://a/fuzzer", at: 0, outcome: 3, cause: "tag", count: 100)) == [])
        #expect(told(event(by: "spiffe://a/x", at: 0, outcome: 7, cause: "policy")) == [.failedDecrypts])
    }

    @Test(arguments: [Int32(1), 4, 8, 10, 13, 14]) func aServiceThatIsAwayIsNoAttack(outcome: Int32) {
        var copy = self
        copy.rules.failedDecrypts?.count = 1
        #expect(copy.told(event(at: 0, outcome: outcome, cause: "keys-unavailable", count: 50)) == [])
    }

    @Test mutating func aBurstThatArrivesLateCountsWhereItBelongs() {
        rules.failedDecrypts?.count = 4
        #expect(told(event(at: Self.hour, outcome: 3, count: 3)) == [])
        // 50 minutes before: in no window with the first, but one of its own.
        #expect(told(event(at: 10 * Self.minute, outcome: 3, count: 2)) == [])
        #expect(told(event(at: 11 * Self.minute, outcome: 3, count: 2)) == [.failedDecrypts])
        // A window may begin with what comes late.
        #expect(told(event(at: Self.hour - 2 * Self.minute, outcome: 3)) == [.failedDecrypts])
    }

    // MARK: first-seen actor

    @Test mutating func whoeverComesAfterTheLearningTimeIsTold() {
        rules.firstSeenActor = .init(fields: [.field(table: "users", column: "email")])
        #expect(told(event(at: 0), event(by: "spiffe://a/second", at: 23 * Self.hour)) == [])
        let alert = alerts([event(.blindIndex, by: "spiffe://a/late", at: 24 * Self.hour)])
        #expect(alert.map(\.kind) == [.firstSeenActor])
        #expect(alert.first?.text == "spiffe://a/late used users.email for the first time (blind-index).")
        #expect(told(event(by: "spiffe://a/late", at: 25 * Self.hour), event(at: 25 * Self.hour)) == [])
        // Neither a denial nor another field.
        #expect(told(event(by: "spiffe://a/denied", at: 25 * Self.hour, outcome: 7)) == [])
        #expect(told(event(by: "spiffe://a/other", at: 25 * Self.hour, field: "name")) == [])
    }

    @Test mutating func withoutLearningTheFirstOneIsTold() {
        rules.firstSeenActor = .init(fields: [.all])
        rules.firstSeenActor?.learnHours = 0
        rules.firstSeenActor?.except = ["spiffe://a/known"]
        #expect(told(event(by: "spiffe://a/known", at: 0)) == [])
        #expect(told(event(at: 0)) == [.firstSeenActor])
        #expect(told(event(at: 1)) == [])
    }

    // MARK: revoked keys

    @Test mutating func useOfARevokedVersionIsTold() {
        rules.revokedKeyUsed?.graceSeconds = 60
        var retirement = event(.retireKey, by: "spiffe://a/admin", at: 0, version: 0xabc)
        #expect(told(event(at: 0, version: 0xabc), retirement) == [])
        #expect(told(event(at: Self.minute, version: 0xabc)) == [])
        let alert = alerts([event(at: 2 * Self.minute, version: 0xabc)])
        #expect(alert.map(\.kind) == [.revokedKeyUsed] && alert[0].severity == .critical)
        #expect(alert[0].text.contains("0000000000000abc") && alert[0].text.contains("retired"))
        #expect(told(event(at: 2 * Self.minute, version: 0xabd)) == [])
        retirement.operation = .restoreKey
        retirement.time += 3 * Self.minute
        #expect(told(retirement, event(at: 9 * Self.minute, version: 0xabc)) == [])
    }

    @Test mutating func movingDataAwayFromACompromisedVersionIsRight() {
        #expect(told(event(.compromiseKey, by: "spiffe://a/admin", at: 0, version: 7)) == [])
        #expect(told(event(.rewrap, at: Self.hour, version: 7)) == [])
        #expect(told(event(.rebind, at: Self.hour, version: 7)) == [.revokedKeyUsed])
        // What was announced is not done yet, nor what was refused.
        #expect(told(event(.destroyKey, at: 0, version: 8, cause: "intent"), event(at: Self.hour, version: 8)) == [])
        #expect(told(event(.forceDestruction, at: 0, version: 8, cause: "proposed")) == [])
        #expect(told(event(.destroyKey, at: 0, version: 8, outcome: 9), event(at: Self.hour, version: 8)) == [])
        #expect(told(event(.destroyKey, at: 0, version: 8), event(at: Self.hour, version: 8)) == [.revokedKeyUsed])
    }

    @Test mutating func aRefusedUseOfARevokedKeyIsTold() {
        let alert = alerts([
            event(at: 0, outcome: 9, cause: "compromised"), event(at: 1, outcome: 9, cause: "compromised"),
            event(at: 0, outcome: 9, cause: "inactive"),
        ])
        #expect(alert.map(\.kind) == [.revokedKeyUsed] && alert[0].severity == .warning)
        #expect(alert[0].text.hasSuffix("(compromised); it was refused. 1 more of this kind came with it."))
    }

    // MARK: volume

    @Test mutating func manyMoreThanUsualInAnHourAreToldOnce() {
        rules.unusualVolume?.floor = 100
        for hour in 0..<24 { #expect(told(event(at: Int64(hour) * Self.hour, count: 50)) == []) }
        #expect(told(event(at: 24 * Self.hour, count: 499)) == [])
        let alert = alerts([event(at: 24 * Self.hour, count: 1)])
        #expect(alert.map(\.kind) == [.unusualVolume])
        #expect(
            alert.first?.text
                == "spiffe://a/backend decrypted 500 values of users.email within an hour, 50 in an hour being usual.")
        #expect(told(event(at: 24 * Self.hour, count: 500)) == [])
        #expect(told(event(at: 25 * Self.hour, count: 1_000)) == [.unusualVolume])
    }

    @Test mutating func fewAreNeverUnusualAndNothingIsWithoutAPast() {
        for hour in 0..<30 { #expect(told(event(at: Int64(hour) * Self.hour, count: 1)) == []) }
        #expect(told(event(at: 30 * Self.hour, count: 9_999)) == [])
        #expect(told(event(by: "spiffe://a/new", at: 30 * Self.hour, count: 1_000_000)) == [])
    }

    @Test mutating func whatWasToldIsUsualAfterAWhile() {
        rules.unusualVolume?.floor = 1
        rules.unusualVolume?.afterHours = 1
        #expect(told(event(at: 0, count: 10)) == [])
        #expect(told(event(at: Self.hour, count: 1_000)) == [.unusualVolume])
        for hour in 2..<300 { #expect(told(event(at: Int64(hour) * Self.hour, count: 1_000)) == []) }
        // The mean is that of hours of use: those without one change nothing.
        #expect(told(event(at: 5_000 * Self.hour, count: 1_000)) == [])
        #expect(told(event(at: 5_001 * Self.hour, count: 11_000)) == [.unusualVolume])
    }

    // MARK: denials, and the rest

    @Test mutating func deniedAdministrationIsTold() {
        let alert = alerts([
            event(.destroyKey, by: "spiffe://a/clerk", at: 0, outcome: 7, cause: "policy"),
            event(.queryAudit, by: "spiffe://a/clerk", at: 0, outcome: 7, cause: "policy"),
            event(.decrypt, by: "spiffe://a/clerk", at: 0, outcome: 7, cause: "policy"),
            event(.destroyKey, by: "spiffe://a/admin", at: 0, outcome: 9),
        ])
        #expect(alert.map(\.kind) == [.deniedAdministration])
        #expect(alert.first?.text == "spiffe://a/clerk was denied destroy-key. 1 more of this kind came with it.")
    }

    @Test mutating func rulesThatAreOffTellNothing() {
        rules.deniedAdministration = nil
        rules.failedDecrypts = nil
        rules.revokedKeyUsed = nil
        rules.unusualVolume = nil
        #expect(
            told(
                event(.destroyKey, at: 0, outcome: 7), event(at: 0, outcome: 3, count: .max),
                event(at: 0, outcome: 9, cause: "retired")) == [])
    }

    @Test mutating func timesAndCountsOfAnyKindTrapNothing() {
        rules.firstSeenActor = .init(fields: [.all])
        for time in [Int64.min, -1, 0, .max] {
            for count in [Int64.min, 0, .max] {
                for outcome: Int32 in [0, 3, 99] {
                    var event = event(at: 0, version: .max, outcome: outcome, count: count)
                    event.time = time
                    _ = told(event, event, now: Self.start)
                }
            }
        }
        #expect(watch.volumes.bySubject.count == 1)
    }

    @Test mutating func memoriesAreReadAsTheyWereStored() throws {
        rules.failedDecrypts?.count = 1_000
        for step in 0..<100 {
            _ = told(event(at: Int64(step) * Self.hour / 3, count: Int64(step)), event(at: Int64(step), outcome: 3))
        }
        let burst = try #require(watch.failures.bySubject.values.first)
        #expect(FailureBurst(numbers: burst.numbers) == burst)
        let volume = try #require(watch.volumes.bySubject.values.first)
        #expect(UseVolume(numbers: volume.numbers) == volume && volume.numbers.count == 2 + 3 * 24)
        #expect(RevokedVersion(numbers: [2, 5])?.numbers == [2, 5] && RevokedVersion(numbers: [9, 5]) == nil)
        for numbers in [[Int64](), [1, 2, 3]] {
            #expect(UseVolume(numbers: numbers) == nil && FirstUse(numbers: numbers) == nil)
        }
        #expect(FailureBurst(numbers: [1]) == nil)
        #expect(watch.failures.takeChanges().count == 1 && watch.failures.takeChanges().isEmpty)
        watch.tidy(now: Self.start + 4 * Self.hour)
        #expect(watch.failures.takeChanges().map(\.numbers) == [[]])
    }
}
