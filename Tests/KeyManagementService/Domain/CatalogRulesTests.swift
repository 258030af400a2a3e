import FieldsealMessages
import Testing

@testable import KeyManagementService

@Suite struct CatalogRulesTests {
    @Test(arguments: ["", ".", "a.", ".a", "a..b", "a.b.c.d", "a b", "a*", "a/b", "a,b", "a\u{0}", "a\n", "*"])
    func aTablesNameIsRefused(name: String) {
        #expect(throws: CatalogError.self) { try Sample.declaration { $0.name = name }.validate() }
    }

    @Test(arguments: ["users", "shop.orders", "größe", "用户", "A-1$_"])
    func aTablesNameIsTaken(name: String) throws {
        try Sample.declaration { $0.name = name }.validate()
    }

    @Test func namesOfKeysAreReserved() {
        for name in CatalogName.reserved {
            #expect(throws: CatalogError.self) { try Sample.declaration { $0.name = name }.validate() }
        }
    }

    @Test func namesHaveAtMost63Bytes() {
        #expect(CatalogName.isColumn(String(repeating: "a", count: 63)))
        #expect(!CatalogName.isColumn(String(repeating: "a", count: 64)))
        #expect(!CatalogName.isColumn(String(repeating: "é", count: 32)))
    }

    @Test func aFieldNameSplitsAtTheLastDot() {
        #expect(FieldName("shop.orders.note") == FieldName(table: "shop.orders", field: "note"))
        #expect(FieldName("users") == nil)
        #expect(FieldName("users.") == nil)
        #expect(FieldName(".email") == nil)
    }

    @Test func duplicatesAreRefused() {
        let changes: [(inout CatalogDeclaration.Table) -> Void] = [
            { $0.fields.append($0.fields[0]) },
            { $0.fields[0].indexes.append($0.fields[0].indexes[0]) },
            { $0.keyColumns = ["id", "id"] },
        ]
        for change in changes {
            #expect(throws: CatalogError.self) { try Sample.declaration(change).validate() }
        }
        let table = Sample.declaration().tables[0]
        #expect(throws: CatalogError.self) { try CatalogDeclaration(tables: [table, table]).validate() }
    }

    @Test func aFieldIsNotCalledLikeATable() {
        var declaration = Sample.declaration()
        declaration.tables.append(.init(name: "users.email", keyColumns: [], fields: []))
        #expect(throws: CatalogError.self) { try declaration.validate() }
    }

    @Test func bindingNeedsKeyColumns() {
        #expect(throws: CatalogError.self) { try Sample.declaration { $0.keyColumns = [] }.validate() }
    }

    @Test(arguments: [0, 257, UInt16.max])
    func indexBitsAreBounded(bits: UInt16) {
        #expect(throws: CatalogError.self) { try Sample.declaration { $0.fields[0].indexes[0].bits = bits }.validate() }
    }

    @Test(arguments: [56, 60, 65, 4_104])
    func filterBitsAreBounded(bits: UInt16) {
        #expect(throws: CatalogError.self) { try Sample.prefixes(bits: bits).validate() }
    }

    @Test func aFilterIsOfTextsWhosePartsAreParts() throws {
        try Sample.prefixes(bits: 64).validate()
        try Sample.prefixes(bits: 4_096).validate()
        #expect(throws: CatalogError.self) { try Sample.prefixes(bits: 64, normaliser: .lastFour).validate() }
    }

    @Test func trigramsAreDeclaredByThoseWhoKnowWhatTheyShow() throws {
        func declaration(_ accepts: Bool) -> CatalogDeclaration {
            Sample.declaration {
                $0.fields[0].indexes = [
                    .init(
                        name: "parts", bits: 256, normaliser: .none, kind: .trigram(hashes: 3), acceptsLeakage: accepts)
                ]
            }
        }
        try declaration(true).validate()
        let error = #expect(throws: CatalogError.self) { try declaration(false).validate() }
        #expect(error?.object == "users.email/parts")
        #expect(error?.reason.contains("accept-leakage: it shows which values have parts in common") == true)
    }

    @Test(arguments: ["note", "email", "none", ""])
    func aPairIsOfTwoFieldsOfTheTable(beside: String) throws {
        let declaration = Sample.declaration {
            $0.fields[0].indexes = [
                .init(name: "pair", bits: 128, normaliser: .none, kind: .pair(.none), beside: beside)
            ]
        }
        guard beside != "note" else { return try declaration.validate() }
        #expect(throws: CatalogError.self) { try declaration.validate() }
    }

    @Test func onlyAPairHasAFieldBeside() {
        #expect(throws: CatalogError.self) {
            try Sample.declaration { $0.fields[0].indexes[0].beside = "note" }.validate()
        }
    }

    @Test(arguments: [
        Proto.IndexDescription(name: "i", bits: 64, kind: .prefix),
        Proto.IndexDescription(name: "i", bits: 64, kind: .prefix, hashes: 3, shortest: 3, longest: 2),
        Proto.IndexDescription(name: "i", bits: 64, kind: .trigram, hashes: 9),
        Proto.IndexDescription(name: "i", bits: 64, hashes: 1),
        Proto.IndexDescription(name: "i", bits: .max),
    ])
    func numbersOutOfRangeAreNoIndex(index: Proto.IndexDescription) {
        let tables = [
            Proto.CatalogTable(
                name: "t", keyColumns: ["id"],
                fields: [Proto.CatalogField(name: "f", sensitivity: .low, indexes: [index])])
        ]
        #expect(throws: CatalogError.self) { try CatalogDeclaration(tables).validate() }
    }

    @Test(arguments: [
        FieldLifecycle(rotationDays: 0), FieldLifecycle(rotationDays: 3_651), FieldLifecycle(transitionDays: 0),
        FieldLifecycle(transitionDays: 3_651), FieldLifecycle(backupRetentionDays: -1),
        FieldLifecycle(backupRetentionDays: 36_501), FieldLifecycle(locations: ["a", "a"]),
        FieldLifecycle(locations: ["a,b"]), FieldLifecycle(locations: [""]),
        FieldLifecycle(locations: [String(repeating: "a", count: 201)]),
        FieldLifecycle(locations: (0...32).map { "l\($0)" }),
    ])
    func aLifecycleIsBounded(lifecycle: FieldLifecycle) {
        #expect(throws: CatalogError.self) { try Sample.declaration { $0.fields[1].lifecycle = lifecycle }.validate() }
    }

    @Test func theSuiteOfATransitionIsNotDeclared() throws {
        func declare(_ suite: Proto.Suite) throws -> CatalogDeclaration {
            try CatalogDeclaration([
                Proto.CatalogTable(
                    name: "users", fields: [Proto.CatalogField(name: "note", sensitivity: .low, suite: suite)])
            ])
        }
        #expect(throws: CatalogError.self) { try declare(.dual) }
        #expect(try declare(.unspecified).tables[0].fields[0].suite == nil)
        #expect(try declare(.xaes256GCM).tables[0].fields[0].suite == .xaes256GCM)
    }

    @Test func subjectKeysNeedKeyColumns() {
        #expect(throws: CatalogError.self) {
            try Sample.declaration {
                $0.keyColumns = []
                $0.fields[0].rowBound = false
                $0.fields[1].subjectKeys = true
            }.validate()
        }
    }

    @Test func anEmptyDeclarationIsRefused() {
        #expect(throws: CatalogError.self) { try CatalogDeclaration(tables: []).validate() }
    }

    @Test func countsAreBounded() {
        let field = Sample.declaration().tables[0].fields[1]
        #expect(throws: CatalogError.self) {
            try Sample.declaration {
                $0.fields = (0...CatalogDeclaration.maximumFields).map { number in
                    var copy = field
                    copy.name = "f\(number)"
                    return copy
                }
            }.validate()
        }
        #expect(throws: CatalogError.self) {
            try CatalogDeclaration(
                tables: (0...CatalogDeclaration.maximumTables).map { .init(name: "t\($0)", keyColumns: [], fields: []) }
            ).validate()
        }
    }
}
