import FieldsealCrypto

/// What operators call keys: `master`, `audit-hash`, a table's name for its DEK, `table/subjects` for what wraps the keys
/// of its subjects, `table.field` for its FEK and `table.field/index`. Made of one catalog, for many lookups.
struct KeyNames {
    private let store: ObjectID
    private var objects: [String: KeyObject] = [:]
    private var names: [KeyObject: String] = [:]
    private var children: [KeyObject: [KeyObject]] = [:]

    init(_ catalog: Catalog, store: ObjectID) {
        self.store = store
        for kind in [KeyKind.master, .auditHash, .storeIntegrity] {
            add(KeyObject(kind: kind, id: store), called: kind.name, isRemoved: kind == .storeIntegrity)
        }
        let fields = Dictionary(grouping: catalog.fields, by: \.tableID)
        let indexes = Dictionary(grouping: catalog.indexes, by: \.fieldID)
        for table in catalog.tables {
            let tableKey = table.key
            add(tableKey, called: table.name, isRemoved: table.isRemoved)
            let subjects = KeyObject(kind: .subjectWrapping, id: table.id)
            add(subjects, called: SubjectObject.name(of: table.name), isRemoved: table.isRemoved)
            children[tableKey, default: []].append(subjects)
            for field in fields[table.id] ?? [] {
                let fieldKey = KeyObject(kind: .fek, id: field.id)
                let name = "\(table.name).\(field.name)"
                add(fieldKey, called: name, isRemoved: field.isRemoved)
                children[tableKey, default: []].append(fieldKey)
                for index in indexes[field.id] ?? [] {
                    let indexKey = index.key
                    add(indexKey, called: "\(name)/\(index.name)", isRemoved: index.isRemoved)
                    children[fieldKey, default: []].append(indexKey)
                }
            }
        }
    }

    /// A removed object keeps its name for display, but is not found by it.
    private mutating func add(_ object: KeyObject, called name: String, isRemoved: Bool) {
        names[object] = name
        if !isRemoved { objects[name] = object }
    }

    /// The object's name; its id where the catalog does not know it.
    func name(of object: KeyObject) -> String { names[object] ?? object.id.description }

    /// Nil where the catalog has no such object now.
    func object(named name: String) -> KeyObject? { objects[name] }

    /// The named object and what stands under it: a table's fields, a field's indexes.
    func objects(under name: String) -> [KeyObject]? {
        guard let object = objects[name] else { return nil }
        let below = children[object] ?? []
        return [object] + below + below.flatMap { children[$0] ?? [] }
    }
}
