import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import Testing

@Suite struct CatalogCheckTests {
    private static func description(
        _ field: String, bound: Bool = true, key: [String] = ["id"], indexes: [String] = [], subjects: Bool = false
    ) -> Proto.FieldDescription {
        Proto.FieldDescription(
            field: "people.\(field)", rowBound: bound, indexes: indexes.map { .init(name: $0, bits: 128) },
            keyColumns: key, subjectKeys: subjects)
    }

    private static let right = [
        description("email", indexes: ["equality"]), description("phone", indexes: ["equality", "last-four"]),
        description("settings"), description("photo", bound: false), description("note"),
    ]

    private static func check(_ fields: [Proto.FieldDescription]) async throws {
        try await EncryptionMiddleware(FakeService(fields).client).check(Person.self)
    }

    @Test func aModelAsTheCatalogHasItPasses() async throws { try await Self.check(Self.right) }

    @Test func everyDifferenceIsNamed() async {
        let fields = [
            Self.description("email", key: ["uuid"]), Self.description("phone", bound: false),
            Self.description("settings", subjects: true), Self.description("photo"),
        ]
        let error = await #expect(throws: ClientConfigurationError.self) { try await Self.check(fields) }
        #expect(
            error?.description == """
                people.email: the key is id, but the catalog's key-columns are uuid
                people.email: the catalog does not have the index equality
                people.phone: the catalog does not bind it to rows, so that values would open in any; declare isRowBound: false
                people.phone: the catalog does not have the index equality
                people.settings: it has subject keys; declare whose a value is by subject
                people.photo: the catalog binds it to rows by id; declare them as the table's key
                people.note: the service does not describe it (NOT_FOUND: field is not in the catalog)
                """)
    }

    @Test func aCatalogThatCannotBeReadIsAnErrorOfItsOwn() async {
        let away = RecordingTransport { _ throws(RPCStatus) in throw .unavailable("away") }
        let middleware = EncryptionMiddleware(FieldsealClient(encryption: away, keys: nil, audit: nil))
        await #expect(throws: FieldsealError(.unavailable, "away")) { try await middleware.check(Person.self) }
    }
}
