import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct CatalogPlanTests {
    @Test func aNewCatalogIsCreated() throws {
        let plan = try Sample().plan(to: Sample.declaration())
        #expect(plan.changes.map(\.kind) == [.create, .create, .create, .create])
        #expect(plan.changes.map(\.object) == ["users", "users.email", "users.email/by_email", "users.note"])
        #expect(plan.tables.count == 1 && plan.fields.count == 2 && plan.indexes.count == 1)
        #expect(plan.fields[0].protection.suite == .aes256GCM, "the service's choice where none is named")
    }

    @Test func theSameDeclarationChangesNothing() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let plan = try sample.plan(to: Sample.declaration())
        #expect(plan.isEmpty)
        #expect(plan == CatalogPlan())
    }

    @Test func aPlanSaysWhatAnIndexShows() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let plan = try sample.plan(to: Sample.prefixes(bits: 256))
        let change = try #require(plan.changes.first { $0.object == "users.email/beginning" })
        #expect(change.kind == .create)
        #expect(
            change.detail == """
                prefixes of 2 to 8 characters, 3 hashes, 256 bits, normaliser casefold; \
                it shows which values begin alike, and how often: frequent beginnings can be told by that
                """)
    }

    @Test func anUnnamedSuiteKeepsWhatTheFieldHas() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration { $0.fields[0].suite = .xaes256GCM })
        let plan = try sample.plan(to: Sample.declaration { $0.fields[0].suite = nil })
        #expect(plan.isEmpty)
    }

    @Test func aSuiteChangeMakesANewVersionOnlyWhereAKeyIs() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let declaration = Sample.declaration { $0.fields[0].suite = .xaes256GCMCommitting }
        #expect(try sample.plan(to: declaration).reversioned.isEmpty)
        sample.keyed = [sample.catalog.fields[0].id]
        let plan = try sample.plan(to: declaration)
        #expect(plan.reversioned == [sample.catalog.fields[0].id])
        #expect(plan.changes.map(\.kind) == [.change])
        #expect(plan.changes[0].detail.contains("new key version"))
    }

    @Test(arguments: [(true, false), (false, true), (true, true)])
    func bindingChangesMakeANewVersion(rowBound: Bool, recordKeys: Bool) throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        sample.keyed = [sample.catalog.fields[1].id]
        let plan = try sample.plan(
            to: Sample.declaration {
                $0.fields[1].rowBound = rowBound
                $0.fields[1].recordKeys = recordKeys
            })
        #expect(plan.reversioned == [sample.catalog.fields[1].id])
    }

    @Test(arguments: [(true, false), (false, true)])
    func aDeterministicFieldIsNotBoundToItsRow(rowBound: Bool, recordKeys: Bool) {
        let declaration = Sample.declaration {
            $0.fields[1].suite = .aes256SIV
            $0.fields[1].rowBound = rowBound
            $0.fields[1].recordKeys = recordKeys
        }
        #expect(throws: CatalogError.self) { try Sample().plan(to: declaration) }
    }

    @Test func aBoundFieldDoesNotBecomeDeterministicByTheSuiteItHas() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration { $0.fields[1].suite = .aes256SIV })
        #expect(throws: CatalogError.self) {
            try sample.plan(
                to: Sample.declaration {
                    $0.fields[1].suite = nil
                    $0.fields[1].rowBound = true
                })
        }
    }

    @Test func subjectKeysImplyRecordKeysAndMakeANewVersion() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        sample.keyed = [sample.catalog.fields[1].id]
        let plan = try sample.plan(to: Sample.declaration { $0.fields[1].subjectKeys = true })
        #expect(plan.reversioned == [sample.catalog.fields[1].id])
        #expect(plan.fields.map(\.protection.recordKeys) == [true])
        #expect(throws: CatalogError.self) {
            try sample.plan(
                to: Sample.declaration {
                    $0.fields[1].suite = .aes256SIV
                    $0.fields[1].subjectKeys = true
                })
        }
    }

    @Test func theLifecycleChangesWithoutANewVersion() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        sample.keyed = Set(sample.catalog.fields.map(\.id))
        let declaration = Sample.declaration {
            $0.fields[1].lifecycle = FieldLifecycle(
                rotationDays: 7, transitionDays: 3, isDual: true, backupRetentionDays: 90, locations: ["archive"])
        }
        let plan = try sample.plan(to: declaration)
        #expect(plan.reversioned.isEmpty)
        #expect(
            plan.changes.map(\.detail) == [
                "rotation default -> 7 days; transition default -> 3 days; dual encryption on; "
                    + "backup retention undeclared -> 90 days; locations archive"
            ])
        try sample.apply(declaration)
        #expect(try sample.plan(to: declaration).isEmpty)
    }

    @Test(arguments: [FieldLifecycle(rotationDays: 30), FieldLifecycle(isDual: true)])
    func aDeterministicFieldIsNotRotated(lifecycle: FieldLifecycle) {
        #expect(throws: CatalogError.self) {
            try Sample().plan(
                to: Sample.declaration {
                    $0.fields[1].suite = .aes256SIV
                    $0.fields[1].lifecycle = lifecycle
                })
        }
    }

    @Test func removedObjectsComeBackWithTheirIDs() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let before = sample.catalog
        let other = CatalogDeclaration(tables: [.init(name: "other", keyColumns: [], fields: [])])
        let removal = try sample.plan(to: other)
        #expect(
            removal.changes.filter { $0.kind == .remove }.map(\.object) == [
                "users.email/by_email", "users.email", "users.note", "users",
            ])
        try sample.apply(other)
        #expect(sample.catalog.field(FieldName(table: "users", field: "email")) == nil)
        try sample.apply(Sample.declaration())
        #expect(sample.catalog.table(named: "users") == before.tables[0])
        #expect(sample.catalog.fields.filter { !$0.isRemoved } == before.fields)
        #expect(sample.catalog.indexes.filter { !$0.isRemoved } == before.indexes)
    }

    @Test func anIDRenames() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let id = sample.catalog.fields[0].id
        let plan = try sample.plan(
            to: Sample.declaration {
                $0.fields[0].id = id
                $0.fields[0].name = "mail"
            })
        #expect(plan.changes == [CatalogChange(kind: .change, object: "users.mail", detail: "renamed from email")])
        #expect(plan.fields.map(\.id) == [id])
    }

    @Test func namesCanBeSwappedByTheirIDs() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let ids = sample.catalog.fields.map(\.id)
        try sample.apply(
            Sample.declaration {
                ($0.fields[0].id, $0.fields[0].name) = (ids[0], "note")
                ($0.fields[1].id, $0.fields[1].name) = (ids[1], "email")
            })
        #expect(sample.catalog.fields.first { $0.name == "note" }?.id == ids[0])
        #expect(sample.catalog.fields.count == 2)
    }

    @Test func unknownAndRepeatedIDsAreRefused() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let id = sample.catalog.fields[0].id
        #expect(throws: CatalogError.self) {
            try sample.plan(to: Sample.declaration { $0.fields[0].id = ObjectID.random() })
        }
        #expect(throws: CatalogError.self) {
            try sample.plan(
                to: Sample.declaration {
                    $0.fields[0].id = id
                    $0.fields[1].id = id
                })
        }
    }

    @Test func keyColumnsOfBoundValuesAreOnlyRenamed() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration { $0.keyColumns = ["tenant", "id"] })
        sample.recordBound = [sample.catalog.fields[0].id]
        #expect(
            try sample.plan(to: Sample.declaration { $0.keyColumns = ["tenant", "user_id"] }).changes.map(\.kind)
                == [.change])
        for columns in [["id", "tenant"], ["id"], ["tenant", "id", "region"], ["id", "user_id"]] {
            #expect(throws: CatalogError.self, "\(columns)") {
                try sample.plan(to: Sample.declaration { $0.keyColumns = columns })
            }
        }
        sample.recordBound = []
        #expect(try sample.plan(to: Sample.declaration { $0.keyColumns = ["id"] }).changes.count == 1)
    }
}

/// A catalog, and what a plan must know besides.
struct Sample {
    var catalog = Catalog()
    var keyed = Set<ObjectID>()
    var recordBound = Set<ObjectID>()

    static func declaration(_ change: (inout CatalogDeclaration.Table) -> Void = { _ in }) -> CatalogDeclaration {
        var table = CatalogDeclaration.Table(
            name: "users", keyColumns: ["id"],
            fields: [
                .init(
                    name: "email", sensitivity: .high, rowBound: true, recordKeys: false,
                    indexes: [.init(name: "by_email", bits: 64, normaliser: .email)]),
                .init(name: "note", sensitivity: .low, rowBound: false, recordKeys: false, indexes: []),
            ])
        change(&table)
        return CatalogDeclaration(tables: [table])
    }

    static func prefixes(bits: UInt16, normaliser: Normaliser = .casefold) -> CatalogDeclaration {
        declaration {
            $0.fields[0].indexes = [
                .init(name: "beginning", bits: bits, normaliser: normaliser, kind: .prefix(lengths: 2...8, hashes: 3))
            ]
        }
    }

    func plan(to declaration: CatalogDeclaration) throws -> CatalogPlan {
        try CatalogPlan(
            from: catalog, to: declaration,
            under: .init(
                defaultSuite: .aes256GCM, keyed: keyed, recordBound: recordBound, makeID: { ObjectID.random() }))
    }

    mutating func apply(_ declaration: CatalogDeclaration) throws { catalog.apply(try plan(to: declaration)) }
}
