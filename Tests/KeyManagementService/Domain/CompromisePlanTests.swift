import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct CompromisePlanTests {
    /// A store of one table with two fields, rotated by hand.
    private struct Rows {
        static let store = ObjectID.random()
        let master = KeyObject(kind: .master, id: store)
        let auditHash = KeyObject(kind: .auditHash, id: store)
        let integrity = KeyObject(kind: .storeIntegrity, id: store)
        let dek = KeyObject(kind: .dek, id: .random())
        let fek = KeyObject(kind: .fek, id: .random())
        let index = KeyObject(kind: .index, id: .random())
        var records: [KeyRecord] = []

        /// A version made at `made`; in its state since then or since `since`.
        mutating func add(
            _ object: KeyObject, under parent: KeyRecord?, made: Int64, _ state: KeyState = .active,
            since: Int64? = nil,
            partner: KeyRecord? = nil
        ) -> KeyRecord {
            var record = KeyRecord(
                identity: KeyIdentity(
                    kind: object.kind, row: .random(), object: object.id, version: .random(),
                    parent: parent.map { .init(object: $0.object.id, version: $0.version) }),
                encryptedKey: [1], keyHash: [], algorithm: "", createdUnixUs: made, state: state,
                stateUnixUs: since ?? made, rotationCount: Int32(records.count { $0.object == object }), metadata: "{}",
                revision: 1)
            record.partner = partner?.version
            records.append(record)
            return record
        }

        func versions(_ plan: CompromisePlan) -> Set<KeyVersion> { Set(plan.marked.map(\.version)) }
    }

    @Test func aFieldsVersionReachesItselfAlone() {
        var rows = Rows()
        let old = rows.add(rows.fek, under: nil, made: 10, .transition, since: 20)
        let new = rows.add(rows.fek, under: nil, made: 20)
        let byVersion = CompromisePlan(of: [old], among: rows.records)
        #expect(rows.versions(byVersion) == [old.version] && byVersion.renewed.isEmpty)
        let active = CompromisePlan(of: [new], among: rows.records)
        #expect(rows.versions(active) == [new.version] && active.renewed == [rows.fek])
        let all = CompromisePlan(of: rows.records, among: rows.records)
        #expect(all.marked.map(\.version) == [old.version, new.version] && all.renewed == [rows.fek])
    }

    @Test func aTablesVersionReachesAllThatWasEverUnderIt() {
        var rows = Rows()
        let first = rows.add(rows.dek, under: nil, made: 10, .transition, since: 30)
        let second = rows.add(rows.dek, under: nil, made: 30)
        // Made under the first and wrapped anew since.
        let before = rows.add(rows.fek, under: second, made: 20, .transition, since: 40)
        let after = rows.add(rows.fek, under: second, made: 40)
        let index = rows.add(rows.index, under: second, made: 15)
        let plan = CompromisePlan(of: [first], among: rows.records)
        #expect(rows.versions(plan) == [first.version, before.version, index.version])
        #expect(plan.renewed == [rows.index], "the table and the field have a version that never was under it")
        let later = CompromisePlan(of: [second], among: rows.records)
        #expect(rows.versions(later) == [second.version, before.version, after.version, index.version])
        #expect(Set(later.renewed) == [rows.dek, rows.fek, rows.index] && later.renewed.first == rows.dek)
    }

    @Test func whatWasDestroyedBeforeWasNeverUnderIt() {
        var rows = Rows()
        let dek = rows.add(rows.dek, under: nil, made: 50)
        let gone = rows.add(rows.fek, under: dek, made: 10, .destroyed, since: 40)
        var other = gone
        other.identity = KeyIdentity(
            kind: .fek, row: .random(), object: gone.object.id, version: .random(),
            parent: .init(object: rows.dek.id, version: .random()))
        let late = rows.add(rows.fek, under: dek, made: 10, .destroyed, since: 60)
        let plan = CompromisePlan(of: [dek], among: [dek, other, late])
        #expect(rows.versions(plan) == [dek.version, late.version])
    }

    @Test func theMasterKeyReachesEverything() {
        var rows = Rows()
        let master = rows.add(rows.master, under: nil, made: 1)
        _ = rows.add(rows.auditHash, under: master, made: 1)
        _ = rows.add(rows.integrity, under: master, made: 1)
        let dek = rows.add(rows.dek, under: master, made: 2)
        _ = rows.add(rows.fek, under: dek, made: 3)
        _ = rows.add(rows.index, under: dek, made: 3)
        let plan = CompromisePlan(of: [master], among: rows.records)
        #expect(rows.versions(plan) == Set(rows.records.map(\.version)))
        #expect(plan.renewed.first == rows.master)
        let kinds = plan.renewed.map(\.kind)
        #expect(kinds.firstIndex(of: .dek)! < kinds.firstIndex(of: .fek)!)
        #expect(kinds.count == 6)
    }

    @Test func valuesUnderTwoVersionsOpenWithEither() {
        var rows = Rows()
        let old = rows.add(rows.fek, under: nil, made: 10, .transition, since: 20)
        let dual = rows.add(rows.fek, under: nil, made: 20, .transition, since: 30, partner: old)
        let single = rows.add(rows.fek, under: nil, made: 30)
        let plan = CompromisePlan(of: [old], among: rows.records)
        #expect(rows.versions(plan) == [old.version, dual.version])
        #expect(!plan.renewed.contains(single.object))
    }

    @Test func whatIsMarkedStaysAsItIs() throws {
        var rows = Rows()
        let note = try #require(CompromiseNote(reason: "leaked", suspectedSinceUnixMs: nil))
        let dek = rows.add(rows.dek, under: nil, made: 10)
        let fek = rows.add(rows.fek, under: dek, made: 20)
        let marked = fek.markedCompromised(note, atUnixUs: 30)
        let plan = CompromisePlan(of: [dek], among: [dek, marked])
        #expect(plan.marked == [dek] && plan.renewed == [rows.dek])
        #expect(CompromisePlan(of: [marked], among: [dek, marked]).isEmpty)
    }

    @Test func aTombstoneKeepsItsState() throws {
        var rows = Rows()
        let note = try #require(CompromiseNote(reason: "leaked", suspectedSinceUnixMs: 1_700_000_000_000))
        let gone = rows.add(rows.fek, under: nil, made: 10, .destroyed)
        let marked = gone.markedCompromised(note, atUnixUs: 30)
        #expect(marked.state == .destroyed && marked.compromisedUnixUs == 30 && marked.stateUnixUs == 10)
        let active = rows.add(rows.fek, under: nil, made: 20).markedCompromised(note, atUnixUs: 30)
        #expect(active.state == .compromised && active.stateUnixUs == 30)
    }

    @Test func theNoteIsJSON() throws {
        let note = try #require(CompromiseNote(reason: #"lost "laptop" \ bag – Zoë"#, suspectedSinceUnixMs: 5))
        let member = #""compromise":{"reason":"lost \"laptop\" \\ bag – Zoë","suspected_since_unix_ms":5}"#
        #expect(note.added(to: "{}") == "{\(member)}")
        #expect(note.added(to: #"{"provider":"aws-kms"}"#) == #"{"provider":"aws-kms",\#(member)}"#)
        #expect(CompromiseNote(reason: "", suspectedSinceUnixMs: nil) == nil)
        #expect(CompromiseNote(reason: "a\u{0}b", suspectedSinceUnixMs: nil) == nil)
        #expect(CompromiseNote(reason: "a\nb", suspectedSinceUnixMs: nil) == nil)
        #expect(CompromiseNote(reason: String(repeating: "é", count: 250), suspectedSinceUnixMs: nil) != nil)
        #expect(CompromiseNote(reason: String(repeating: "é", count: 251), suspectedSinceUnixMs: nil) == nil)
    }
}
