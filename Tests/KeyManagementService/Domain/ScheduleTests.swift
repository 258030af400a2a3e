import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct ScheduleTests {
    static let now: Int64 = 1_800_000_000_000_000
    static let day = RotationPolicy.day

    @Test(arguments: zip([KeyKind.master, .dek, .fek], [Int64(365), 90, 30]))
    func rotationsComeBeforeTheyExpire(kind: KeyKind, days: Int64) throws {
        var dues = Set<Int64>()
        for _ in 0..<200 {
            let record = Self.record(kind)
            let entry = try #require(Self.entry(record, Self.facts(kind)))
            #expect(entry.action == .rotate)
            #expect(entry.deadlineUnixUs == Self.now + days * Self.day)
            #expect(entry.dueUnixUs <= entry.deadlineUnixUs)
            #expect(entry.dueUnixUs > entry.deadlineUnixUs - Self.day)
            #expect(entry == Self.entry(record, Self.facts(kind)), "the same on every replica")
            #expect(entry.isDue(atUnixUs: entry.dueUnixUs) && !entry.isDue(atUnixUs: entry.dueUnixUs - 1))
            #expect(!entry.isLate(atUnixUs: entry.deadlineUnixUs) && entry.isLate(atUnixUs: entry.deadlineUnixUs + 1))
            dues.insert(entry.dueUnixUs)
        }
        #expect(dues.count > 190, "they do not come together")
    }

    @Test func aFieldHasPeriodsOfItsOwn() throws {
        var facts = Self.facts(.fek)
        facts.field?.lifecycle = FieldLifecycle(rotationDays: 7, transitionDays: 3)
        #expect(Self.entry(Self.record(.fek), facts)?.deadlineUnixUs == Self.now + 7 * Self.day)
        let window = try #require(Self.entry(Self.record(.fek, .transition), facts))
        #expect(window.dueUnixUs == Self.now + 3 * Self.day)
    }

    @Test(arguments: [KeyKind.index, .auditHash, .storeIntegrity, .subjectWrapping], KeyState.allCases)
    func whatIsNotRotatedAloneIsNotOnTheSchedule(kind: KeyKind, state: KeyState) {
        #expect(Self.entry(Self.record(kind, state), Self.facts(kind)) == nil)
    }

    @Test func deterministicAndRemovedFieldsAreNotRotated() {
        var record = Self.record(.fek)
        record.protection = FieldProtection(suite: .aes256SIV, rowBound: false, recordKeys: false)
        #expect(Self.entry(record, Self.facts(.fek)) == nil)
        var facts = Self.facts(.fek)
        facts.isLive = false
        #expect(Self.entry(Self.record(.fek), facts) == nil)
    }

    @Test func aWindowClosesWhenACensusSaysSo() throws {
        let record = Self.record(.fek, .transition)
        let end = Self.now + 30 * Self.day
        var facts = Self.facts(.fek)
        let waiting = try #require(Self.entry(record, facts, at: end + 100 * Self.day))
        #expect(waiting.action == .closeWindow && waiting.wait == .census)
        #expect(!waiting.isDue(atUnixUs: end + 100 * Self.day))
        facts.censuses = [Self.census(record, emptySince: Self.now + 2 * Self.day)]
        #expect(Self.entry(record, facts, at: end)?.isDue(atUnixUs: end) == true)
        #expect(Self.entry(record, facts, at: end - 1)?.isDue(atUnixUs: end - 1) == false)
        facts.censuses = [Self.census(record, emptySince: nil, rows: 1)]
        #expect(Self.entry(record, facts, at: end)?.wait == .census)
        facts.censuses = [Self.census(record, emptySince: Self.now + RotationPolicy.longestLease)]
        #expect(Self.entry(record, facts, at: end)?.wait == .census, "a lease may have been out")
        facts.field?.lifecycle.locations = ["archive"]
        facts.censuses = [Self.census(record, emptySince: Self.now + 2 * Self.day)]
        #expect(Self.entry(record, facts, at: end)?.wait == .census, "the archive was not counted")
    }

    @Test(arguments: [KeyKind.master, .dek]) func aParentsWindowWaitsForItsChildren(kind: KeyKind) throws {
        var facts = Self.facts(kind)
        let end = Self.now + 30 * Self.day
        #expect(Self.entry(Self.record(kind, .transition), facts, at: end)?.isDue(atUnixUs: end) == true)
        facts.hasChildren = true
        #expect(Self.entry(Self.record(kind, .transition), facts, at: end)?.wait == .children)
    }

    @Test func destructionNeedsAllConditions() throws {
        let record = Self.record(.fek, .retired)
        let waited = Self.now + 30 * Self.day
        var facts = Self.facts(.fek)
        facts.censuses = [Self.census(record, emptySince: Self.now - 10 * Self.day)]
        var left = record
        left.deactivatedUnixUs = Self.now - 30 * Self.day
        #expect(Self.entry(left, facts) == nil, "backups undeclared: off")
        facts.note = ScheduleNote(id: record.identity.row)
        facts.note?.order = .init(isWanted: true, identity: "a", unixUs: Self.now)
        #expect(Self.entry(left, facts, at: .max)?.wait == .undeclared)

        facts.field?.lifecycle.backupRetentionDays = 0
        let plain = try #require(Self.entry(left, facts, at: waited - 1))
        #expect(plain.action == .destroy && plain.wait == .waitingPeriod && plain.dueUnixUs == waited)
        #expect(Self.entry(left, facts, at: waited)?.isDue(atUnixUs: waited) == true)

        facts.field?.lifecycle.backupRetentionDays = 90
        let backups = try #require(Self.entry(left, facts, at: waited))
        #expect(backups.wait == .backups && backups.dueUnixUs == Self.now + 80 * Self.day)
        #expect(Self.entry(left, facts, at: backups.dueUnixUs)?.wait == nil)

        var refused = left
        refused.refusedUnixUs = Self.now + 20 * Self.day
        facts.field?.lifecycle.backupRetentionDays = 0
        #expect(Self.entry(refused, facts, at: waited)?.dueUnixUs == Self.now + 50 * Self.day)

        facts.censuses = []
        #expect(Self.entry(left, facts, at: .max)?.wait == .census)
        facts.censuses = [Self.census(record, emptySince: Self.now - 10 * Self.day)]
        facts.note?.order?.isWanted = false
        #expect(Self.entry(left, facts, at: .max) == nil, "cancelled")
    }

    @Test func anOrderCanBeUndoneForADay() throws {
        var facts = Self.facts(.dek)
        facts.note = ScheduleNote(id: .random())
        let late = Self.now + 400 * Self.day
        facts.note?.order = .init(isWanted: true, identity: "a", unixUs: late)
        #expect(Self.entry(Self.record(.dek, .retired), facts, at: late)?.dueUnixUs == late + Self.day)
    }

    @Test func pausesHoldAndEnd() throws {
        let record = Self.record(.fek)
        var facts = Self.facts(.fek)
        let late = Self.now + 40 * Self.day
        let parent = try #require(record.identity.parent)
        let scopes: [(KeyObject?, Bool)] = [
            (nil, true), (record.object, true), (KeyObject(kind: .dek, id: parent.object), true),
            (KeyObject(kind: .dek, id: .random()), false), (KeyObject(kind: .fek, id: .random()), false),
        ]
        for (scope, isPaused) in scopes {
            facts.pauses = [RotationPause(object: scope, sinceUnixUs: 0, untilUnixUs: late + 1, identity: "a")]
            let entry = try #require(Self.entry(record, facts, at: late))
            #expect((entry.wait == .paused) == isPaused)
            #expect(entry.isLate(atUnixUs: late), "late all the same")
            #expect(Self.entry(record, facts, at: late + 1)?.wait == nil)
            facts.pauses[0].isResumed = true
            #expect(Self.entry(record, facts, at: late)?.wait == nil)
        }
        var policy = RotationPolicy()
        policy.isPaused = true
        #expect(Schedule.entry(record, Self.facts(.fek), policy, atUnixUs: late)?.wait == .paused)
    }

    @Test func failuresAreTriedAgainAfterAGrowingPause() throws {
        var facts = Self.facts(.dek)
        let late = Self.now + 100 * Self.day
        facts.note = ScheduleNote(id: .random(), failures: 3, nextAttemptUnixUs: late + 1)
        #expect(Self.entry(Self.record(.dek), facts, at: late)?.wait == .retry)
        #expect(Self.entry(Self.record(.dek), facts, at: late + 1)?.isDue(atUnixUs: late + 1) == true)
        let version = KeyVersion.random()
        let pauses = (1...Int32(20)).map { RotationPolicy.pause(afterFailures: $0, of: version) }
        #expect(pauses[0] >= 300_000_000 && pauses[0] < 375_000_000)
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses[19] >= 6 * RotationPolicy.hour && pauses[19] <= 8 * RotationPolicy.hour)
        #expect(RotationPolicy.pause(afterFailures: .max, of: version) == pauses[19])
    }

    // MARK: -

    static func entry(_ record: KeyRecord, _ facts: Schedule.Facts, at time: Int64 = now) -> Schedule.Entry? {
        Schedule.entry(record, facts, RotationPolicy(), atUnixUs: time)
    }

    static func facts(_ kind: KeyKind) -> Schedule.Facts {
        var facts = Schedule.Facts(isLive: true)
        if kind == .fek {
            facts.field = CatalogField(
                id: .random(), tableID: .random(), name: "email", sensitivity: .high,
                protection: FieldProtection(suite: .aes256GCM, rowBound: false, recordKeys: false))
        }
        return facts
    }

    static func record(_ kind: KeyKind, _ state: KeyState = .active) -> KeyRecord {
        KeyRecord(
            identity: KeyIdentity(
                kind: kind, row: .random(), object: .random(), version: .random(),
                parent: kind == .master ? nil : .init(object: .random(), version: .random())),
            encryptedKey: [1], keyHash: [], algorithm: "", createdUnixUs: now, state: state, stateUnixUs: now,
            rotationCount: 0, metadata: "{}",
            protection: kind == .fek ? FieldProtection(suite: .aes256GCM, rowBound: false, recordKeys: false) : nil,
            revision: 1)
    }

    static func census(_ record: KeyRecord, emptySince: Int64?, rows: UInt64 = 0) -> Census {
        Census(
            field: record.object.id, location: "", begunUnixUs: emptySince ?? now, reportedUnixUs: now, reporter: "a",
            isPrimary: true, entries: [.init(version: record.version, rows: rows, emptySinceUnixUs: emptySince)])
    }
}
