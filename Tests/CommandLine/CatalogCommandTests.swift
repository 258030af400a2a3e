import FieldsealMessages
import FieldsealServiceRuntime
import Synchronization
import Testing

@testable import CommandLineTool

@Suite struct CatalogCommandTests {
    static let tables = [
        Proto.CatalogTable(
            name: "users", keyColumns: ["id", "tenant"],
            fields: [
                Proto.CatalogField(
                    name: "email", sensitivity: .high, suite: .xaes256GCM, rowBound: true, recordKeys: true,
                    indexes: [
                        Proto.IndexDescription(name: "equality", bits: 64, normaliser: .email),
                        Proto.IndexDescription(
                            name: "beginning", bits: 512, normaliser: .phoneDigits, kind: .prefix, hashes: 2,
                            shortest: 1,
                            longest: 9),
                        Proto.IndexDescription(
                            name: "parts", bits: 256, normaliser: .lastFour, kind: .trigram, hashes: 3,
                            leakageAccepted: true),
                        Proto.IndexDescription(
                            name: "pair", bits: 128, normaliser: .trim, kind: .pair, beside: "it's",
                            besideNormaliser: .email),
                    ]),
                Proto.CatalogField(name: "it's", sensitivity: .low),
                Proto.CatalogField(
                    name: "note", sensitivity: .medium, rotationDays: 7, transitionDays: 3, dual: true,
                    subjectKeys: true,
                    backupRetention: .backupRetentionDays(0), locations: ["archive", "replica.notes"]),
            ]),
        Proto.CatalogTable(name: "true", keyColumns: ["id"]),
    ]

    @Test func whatIsWrittenReadsBack() throws {
        #expect(try CatalogFile.parse(CatalogFile.yaml(Self.tables), name: "x") == Self.tables)
        #expect(try CatalogFile.parse(CatalogFile.yaml([]), name: "x") == [])
    }

    @Test func anUndeclaredRetentionIsNotOneOfNoDays() throws {
        let text = CatalogFile.yaml(Self.tables)
        #expect(text.contains("        backup-retention-days: 0\n"))
        let fields = try CatalogFile.parse(text, name: "x")[0].fields
        #expect(fields[1].backupRetention == nil && fields[2].backupRetention == .backupRetentionDays(0))
    }

    @Test func theExampleOfTheHelpIsValid() throws {
        let tables = try CatalogFile.parse(CatalogFile.example, name: "x")
        #expect(tables.first?.fields.first?.indexes.first?.normaliser == .email)
    }

    @Test(arguments: [
        ("tables: []", "version is missing; write version: 1"),
        ("version: 2\ntables: []", "x:1: version: only version 1 is known"),
        ("version: 1\ntables:\n  - {name: a, fields: []}", "key-columns is missing"),
        ("version: 1\ntables:\n  - {name: a, key-columns: [], fields: []}", "at least one column is wanted"),
        ("version: 1\ntables:\n  - {name: a, key-columns: [i, i], fields: []}", "the column is given twice"),
        ("version: 1\ntables:\n  - {name: 'a b', key-columns: [i], fields: []}", "no white space, * or /"),
        ("version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b}]}", "sensitivity is missing"),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: top}]}",
            "unknown; known are low, medium, high"
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b.c, sensitivity: low}]}",
            "a field's name holds no dot"
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: low, sute: x}]}",
            "unknown key; known here: "
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: low}, {name: b, sensitivity: low}]}",
            "the field b is given twice"
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: low, rotation-days: 0}]}",
            "tables[0].fields[0].rotation-days"
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: low, locations: [c, c]}]}",
            "the location is given twice"
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: low, indexes: [{name: c, hashes: 2}]}]}",
            "hashes says nothing of an index of this kind"
        ),
        (
            "version: 1\ntables:\n  - {name: a, key-columns: [i], fields: [{name: b, sensitivity: low, indexes: [{name: c, kind: prefix, bits: 63}]}]}",
            "indexes[0].bits"
        ),
    ])
    func errorsNameThePlace(text: String, problem: String) {
        let error = #expect(throws: ConfigurationError.self) { try CatalogFile.parse(text, name: "x") }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test func appliesAndPreviews() async throws {
        let dryRuns = Mutex<[Bool]>([])
        let cluster = TestCluster { _, payload in
            let request = try Proto.ApplyCatalogRequest(decoding: payload)
            #expect(request.tables == Self.tables)
            dryRuns.withLock { $0.append(request.dryRun) }
            return Proto.ApplyCatalogResponse(
                changes: [Proto.CatalogChange(kind: "create", object: "users.email", detail: "suite 3")], revision: 7)
        }
        let file = try TemporaryFile(CatalogFile.yaml(Self.tables))
        let (_, applied, _) = try await cluster.runConfigured("catalog", "apply", file.path)
        #expect(
            applied == "CHANGE  OBJECT       DETAIL\ncreate  users.email  suite 3\n1 change made; store revision 7.\n")
        let (_, previewed, _) = try await cluster.runConfigured("catalog", "apply", file.path, "--dry-run")
        #expect(previewed.hasSuffix("1 change to make; nothing was changed.\n"))
        let (_, difference, _) = try await cluster.runConfigured("catalog", "diff", file.path)
        #expect(difference == previewed)
        #expect(dryRuns.withLock { $0 } == [false, true, true])
    }
}
