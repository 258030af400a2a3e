import FieldsealCrypto

/// The tables and fields that are encrypted. Ids are made once and stay; names are labels.
///
/// What is removed stays as a tombstone, so that its keys, and with them its data, come back when it is declared again.
struct Catalog: Sendable, Equatable {
    var tables: [CatalogTable] = []
    var fields: [CatalogField] = []
    var indexes: [CatalogIndex] = []
}

struct CatalogTable: Sendable, Equatable, Identifiable {
    var id: ObjectID
    var name: String
    /// The columns that identify a row, in the order in which they are bound.
    var keyColumns: [String]
    var isRemoved = false
}

struct CatalogField: Sendable, Equatable, Identifiable {
    var id: ObjectID
    var tableID: ObjectID
    var name: String
    var sensitivity: Sensitivity
    var protection: FieldProtection
    var lifecycle = FieldLifecycle()
    var isRemoved = false
}

/// What is fixed for one version of a field's key: a change makes a new version.
struct FieldProtection: Sendable, Equatable {
    var suite: CipherSuite
    /// A record id is demanded and bound as associated data.
    var rowBound: Bool
    /// A key per record is derived; demands a record id.
    var recordKeys: Bool
    /// The key per record is derived with the key of the subject that the row belongs to; implies `recordKeys`.
    var subjectKeys = false

    var needsRecordID: Bool { rowBound || recordKeys }
}

struct CatalogIndex: Sendable, Equatable, Identifiable {
    var id: ObjectID
    var fieldID: ObjectID
    var name: String
    /// Length of an index value: 1 to 256, of a filter 64 to 4,096.
    var bits: UInt16
    var normaliser: Normaliser
    var kind = IndexKind.equality
    /// Of a pair: the other field, of the same table.
    var beside = ""
    var isRemoved = false
}

/// The raw values are the protocol's.
enum Sensitivity: Int16, Sendable {
    case low = 1
    case medium = 2
    case high = 3
}

/// How a value is brought to one form before it is indexed. The raw values are the protocol's.
enum Normaliser: Int16, Sendable {
    case none = 0
    case casefold = 1
    case trim = 2
    case email = 3
    case phoneDigits = 4
    case lastFour = 5
}

/// A key as the hierarchy knows it: what it is for, whatever its versions.
struct KeyObject: Hashable, Sendable {
    var kind: KeyKind
    /// The id of the store, table, field or index that the key belongs to.
    var id: ObjectID
}

extension CatalogTable {
    var key: KeyObject { KeyObject(kind: .dek, id: id) }
}

extension CatalogIndex {
    var key: KeyObject { KeyObject(kind: .index, id: id) }
}

extension Catalog {
    func table(named name: String) -> CatalogTable? { tables.first { !$0.isRemoved && $0.name == name } }

    func field(_ name: FieldName) -> (table: CatalogTable, field: CatalogField)? {
        guard let table = table(named: name.table),
            let field = fields.first(where: { !$0.isRemoved && $0.tableID == table.id && $0.name == name.field })
        else { return nil }
        return (table, field)
    }

    func fields(of table: ObjectID) -> [CatalogField] { fields.filter { !$0.isRemoved && $0.tableID == table } }

    func indexes(of field: ObjectID) -> [CatalogIndex] { indexes.filter { !$0.isRemoved && $0.fieldID == field } }
}
