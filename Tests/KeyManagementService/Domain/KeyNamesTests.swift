import FieldsealCrypto
import Testing

@testable import KeyManagementService

@Suite struct KeyNamesTests {
    @Test func aNameStandsForItsKeyAndWhatIsUnderIt() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let store = ObjectID.random()
        let names = KeyNames(sample.catalog, store: store)
        func found(_ name: String) -> [String]? { names.objects(under: name)?.map(names.name(of:)) }
        #expect(found("master") == ["master"])
        #expect(found("users") == ["users", "users/subjects", "users.email", "users.note", "users.email/by_email"])
        #expect(found("users.email") == ["users.email", "users.email/by_email"])
        #expect(found("users.email/by_email") == ["users.email/by_email"])
        for name in ["", "store-integrity", "users.", "users.nobody", "users.email/"] { #expect(found(name) == nil) }
    }

    @Test func whatWasRemovedKeepsItsNameForDisplay() throws {
        var sample = Sample()
        try sample.apply(Sample.declaration())
        let note = try #require(sample.catalog.fields.first { $0.name == "note" })
        try sample.apply(Sample.declaration { $0.fields.removeLast() })
        let names = KeyNames(sample.catalog, store: .random())
        #expect(names.objects(under: "users.note") == nil)
        #expect(names.name(of: KeyObject(kind: .fek, id: note.id)) == "users.note")
    }
}
