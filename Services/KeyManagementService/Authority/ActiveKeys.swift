import FieldsealCrypto

/// Fields, and which of their keys have an active version.
struct ActiveKeys: Sendable {
    private let entries: [CatalogEntry]
    private var active: [KeyObject: KeyRecord]

    /// Fields that the catalog does not have are left out.
    init(of fields: [FieldName], _ reader: StoreReader) async throws {
        entries = try await reader.entries(named: fields)
        active = try await reader.activeKeys(entries.flatMap { [$0.key] + $0.indexes.map(\.key) })
    }

    var fieldKeys: [FieldName: KeyRecord] {
        Dictionary(
            entries.compactMap { entry in active[entry.key].map { (entry.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The keys of the fields and of their indexes that have no active version.
    var missing: [WantedKey] {
        entries.flatMap { entry in
            entry.indexes.map { WantedKey(keyOf: $0, entry) } + [WantedKey(fieldKeyOf: entry)]
        }.filter { active[$0.object] == nil }
    }

    mutating func add(_ made: [KeyRecord]) {
        for record in made { active[record.object] = record }
    }
}

/// A key below a table's DEK of which a version is to be made.
struct WantedKey {
    let object: KeyObject
    let table: CatalogTable
    let field: FieldName
    let name: String
    var protection: FieldProtection?
    var lifecycle: FieldLifecycle?
    /// How many versions the key had before.
    var rotationCount: Int32 = 0
    var partner: KeyVersion?

    /// With the field's present protection.
    init(fieldKeyOf entry: CatalogEntry) {
        object = entry.key
        table = entry.table
        field = entry.name
        name = "\(entry.name)"
        protection = entry.field.protection
        lifecycle = entry.field.lifecycle
    }

    init(keyOf index: CatalogIndex, _ entry: CatalogEntry) {
        object = index.key
        table = entry.table
        field = entry.name
        name = "\(entry.name)/\(index.name)"
    }
}
