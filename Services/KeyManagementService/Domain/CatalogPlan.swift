import FieldsealCrypto

/// What applying a declaration would do: the rows to write, the keys to renew, and the same in words.
struct CatalogPlan: Sendable, Equatable {
    var changes: [CatalogChange] = []
    var tables: [CatalogTable] = []
    var fields: [CatalogField] = []
    var indexes: [CatalogIndex] = []
    /// Fields with a key whose protection changed: they get a new version.
    var reversioned: [ObjectID] = []

    var isEmpty: Bool { changes.isEmpty }
}

struct CatalogChange: Sendable, Equatable {
    enum Kind: String, Sendable { case create, change, remove }

    var kind: Kind
    /// `table`, `table.field` or `table.field/index`.
    var object: String
    var detail: String
}

extension CatalogPlan {
    /// What the plan must know besides the catalog.
    struct Circumstances {
        /// The suite of a new field that names none.
        var defaultSuite: CipherSuite
        /// Fields that have a key.
        var keyed: Set<ObjectID>
        /// Fields of which a version was ever bound to a record id.
        var recordBound: Set<ObjectID>
        /// Makes the id of a new object.
        var makeID: () -> ObjectID
    }

    /// Compares `declaration` with `catalog`.
    ///
    /// - Throws: `CatalogError` where the declaration contradicts itself, names an unknown id, or would make values
    ///   unreadable.
    init(
        from catalog: Catalog, to declaration: CatalogDeclaration, under circumstances: Circumstances
    ) throws(CatalogError) {
        try declaration.validate()
        var builder = CatalogPlanBuilder(catalog: catalog, circumstances: circumstances)
        try builder.compare(declaration)
        self = builder.plan
    }
}

/// Walks a declaration and collects the differences. An object given by id is matched first; then by the name of a live
/// object; then by the name of a removed one, which comes back.
struct CatalogPlanBuilder {
    var plan = CatalogPlan()
    let circumstances: CatalogPlan.Circumstances
    private let catalog: Catalog
    private let fieldsByTable: [ObjectID: [CatalogField]]
    private let indexesByField: [ObjectID: [CatalogIndex]]

    init(catalog: Catalog, circumstances: CatalogPlan.Circumstances) {
        self.catalog = catalog
        self.circumstances = circumstances
        fieldsByTable = Dictionary(grouping: catalog.fields, by: \.tableID)
        indexesByField = Dictionary(grouping: catalog.indexes, by: \.fieldID)
    }

    mutating func compare(_ declaration: CatalogDeclaration) throws(CatalogError) {
        let matches = try match(
            declaration.tables.map { ($0.id, $0.name) }, with: catalog.tables.map { ($0.id, $0.name, $0.isRemoved) },
            in: "catalog")
        let byID = Dictionary(catalog.tables.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (table, match) in zip(declaration.tables, matches) {
            try compare(table, with: match.flatMap { byID[$0] })
        }
        let kept = Set(matches.compactMap { $0 })
        for table in catalog.tables where !table.isRemoved && !kept.contains(table.id) { remove(table) }
    }

    private mutating func compare(
        _ declared: CatalogDeclaration.Table, with current: CatalogTable?
    ) throws(CatalogError) {
        let table = CatalogTable(
            id: current?.id ?? circumstances.makeID(), name: declared.name, keyColumns: declared.keyColumns)
        let fields = fieldsByTable[table.id] ?? []
        if let current {
            var details = [String]()
            if current.isRemoved { details.append("restored with its keys") }
            if current.name != table.name { details.append("renamed from \(current.name)") }
            if current.keyColumns != table.keyColumns {
                let isBound = fields.contains { circumstances.recordBound.contains($0.id) }
                guard !isBound || isRenaming(current.keyColumns, table.keyColumns) else {
                    throw CatalogError(
                        object: table.name,
                        reason: "key columns may only be renamed: values are bound to them, in this order")
                }
                details.append("key columns \(list(current.keyColumns)) -> \(list(table.keyColumns))")
            }
            if !details.isEmpty { record(current.isRemoved ? .create : .change, table.name, details) }
            if table != current { plan.tables.append(table) }
        } else {
            record(.create, table.name, table.keyColumns.isEmpty ? [] : ["key columns \(list(table.keyColumns))"])
            plan.tables.append(table)
        }

        let matches = try match(
            declared.fields.map { ($0.id, $0.name) }, with: fields.map { ($0.id, $0.name, $0.isRemoved) },
            in: table.name)
        for (field, match) in zip(declared.fields, matches) {
            try compare(field, with: fields.first { $0.id == match }, in: table)
        }
        let kept = Set(matches.compactMap { $0 })
        for field in fields where !field.isRemoved && !kept.contains(field.id) { remove(field, of: current ?? table) }
    }

    private mutating func compare(
        _ declared: CatalogDeclaration.Field, with current: CatalogField?, in table: CatalogTable
    ) throws(CatalogError) {
        let object = "\(table.name).\(declared.name)"
        let suite = declared.suite ?? current?.protection.suite ?? circumstances.defaultSuite
        let protection = FieldProtection(
            suite: suite, rowBound: declared.rowBound, recordKeys: declared.recordKeys || declared.subjectKeys,
            subjectKeys: declared.subjectKeys)
        guard protection.isAllowed else {
            throw CatalogError(
                object: object,
                reason: "a deterministic field takes neither row binding nor record keys nor subject keys")
        }
        if suite.isDeterministic, declared.lifecycle.isDual || declared.lifecycle.rotationDays != nil {
            throw CatalogError(
                object: object, reason: "a deterministic field is not rotated: it takes neither rotation days nor dual")
        }
        let field = CatalogField(
            id: current?.id ?? circumstances.makeID(), tableID: table.id, name: declared.name,
            sensitivity: declared.sensitivity, protection: protection, lifecycle: declared.lifecycle)
        if let current {
            var details = [String]()
            if current.isRemoved { details.append("restored with its keys") }
            if current.name != field.name { details.append("renamed from \(current.name)") }
            if current.sensitivity != field.sensitivity {
                details.append("sensitivity \(current.sensitivity) -> \(field.sensitivity)")
            }
            if current.protection != field.protection {
                details.append("\(current.protection) -> \(field.protection)")
                if circumstances.keyed.contains(field.id) {
                    details.append("new key version")
                    plan.reversioned.append(field.id)
                }
            }
            details += field.lifecycle.changes(from: current.lifecycle)
            if !details.isEmpty { record(current.isRemoved ? .create : .change, object, details) }
            if field != current { plan.fields.append(field) }
        } else {
            record(
                .create, object,
                ["sensitivity \(field.sensitivity)", "\(protection)"] + field.lifecycle.changes(from: .init()))
            plan.fields.append(field)
        }
        try compare(declared.indexes, of: field, named: object)
    }

    private mutating func compare(
        _ declared: [CatalogDeclaration.Index], of field: CatalogField, named fieldName: String
    ) throws(CatalogError) {
        let indexes = indexesByField[field.id] ?? []
        let matches = try match(
            declared.map { (nil, $0.name) }, with: indexes.map { ($0.id, $0.name, $0.isRemoved) }, in: fieldName)
        for (declaredIndex, match) in zip(declared, matches) {
            let object = "\(fieldName)/\(declaredIndex.name)"
            let current = indexes.first { $0.id == match }
            let index = CatalogIndex(
                id: current?.id ?? circumstances.makeID(), fieldID: field.id, name: declaredIndex.name,
                bits: declaredIndex.bits, normaliser: declaredIndex.normaliser, kind: declaredIndex.kind,
                beside: declaredIndex.beside)
            guard index != current else { continue }
            plan.indexes.append(index)
            var details = [index.summary, index.kind.leakage]
            if let current {
                if current.isRemoved { details.append("restored with its key") }
                details.append("stored index values must be computed anew")
            }
            record(current.map(\.isRemoved) == false ? .change : .create, object, details)
        }
        let kept = Set(matches.compactMap { $0 })
        for index in indexes where !index.isRemoved && !kept.contains(index.id) { remove(index, of: fieldName) }
    }
}

extension CatalogPlanBuilder {
    private mutating func remove(_ table: CatalogTable) {
        for field in fieldsByTable[table.id] ?? [] where !field.isRemoved { remove(field, of: table) }
        var removed = table
        removed.isRemoved = true
        plan.tables.append(removed)
        record(.remove, table.name, ["its keys are kept"])
    }

    private mutating func remove(_ field: CatalogField, of table: CatalogTable) {
        let object = "\(table.name).\(field.name)"
        for index in indexesByField[field.id] ?? [] where !index.isRemoved { remove(index, of: object) }
        var removed = field
        removed.isRemoved = true
        plan.fields.append(removed)
        record(.remove, object, ["its values cannot be read until it is declared again; its keys are kept"])
    }

    private mutating func remove(_ index: CatalogIndex, of field: String) {
        var removed = index
        removed.isRemoved = true
        plan.indexes.append(removed)
        record(.remove, "\(field)/\(index.name)", ["its key is kept"])
    }

    private mutating func record(_ kind: CatalogChange.Kind, _ object: String, _ details: [String]) {
        plan.changes.append(CatalogChange(kind: kind, object: object, detail: details.joined(separator: "; ")))
    }

    /// The id of the present object that each declared one means; nil for a new one.
    private func match(
        _ declared: [(id: ObjectID?, name: String)], with current: [(id: ObjectID, name: String, isRemoved: Bool)],
        in place: String
    ) throws(CatalogError) -> [ObjectID?] {
        let known = Set(current.map(\.id))
        var claimed = Set<ObjectID>()
        for case let (id?, name) in declared {
            guard known.contains(id) else { throw CatalogError(object: name, reason: "its id is unknown in \(place)") }
            guard claimed.insert(id).inserted else { throw CatalogError(object: name, reason: "its id stands twice") }
        }
        var live = [String: ObjectID]()
        var removed = [String: ObjectID]()
        for object in current where !claimed.contains(object.id) {
            if object.isRemoved { removed[object.name] = object.id } else { live[object.name] = object.id }
        }
        return declared.map { $0.id ?? live[$0.name] ?? removed[$0.name] }
    }

    /// Whether `new` is `old` with columns renamed in place: a name that stood elsewhere would be a new order.
    private func isRenaming(_ old: [String], _ new: [String]) -> Bool {
        old.count == new.count && zip(old, new).allSatisfy { $0 == $1 || (!new.contains($0) && !old.contains($1)) }
    }

    private func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}

extension FieldProtection: CustomStringConvertible {
    /// Equal values of a deterministic field must give equal ciphertexts, which nothing of the row may vary.
    var isAllowed: Bool { suite != .aes256SIV || !needsRecordID }

    var description: String {
        var words = [suite.name]
        if rowBound { words.append("row-bound") }
        if subjectKeys { words.append("subject keys") } else if recordKeys { words.append("record keys") }
        return words.joined(separator: ", ")
    }
}

extension Catalog {
    /// The catalog with the plan's rows in it.
    mutating func apply(_ plan: CatalogPlan) {
        func merge<Row: Identifiable>(_ rows: [Row], into present: inout [Row]) {
            var positions = Dictionary(
                present.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
            for row in rows {
                if let position = positions[row.id] {
                    present[position] = row
                } else {
                    positions[row.id] = present.count
                    present.append(row)
                }
            }
        }
        merge(plan.tables, into: &tables)
        merge(plan.fields, into: &fields)
        merge(plan.indexes, into: &indexes)
    }
}
