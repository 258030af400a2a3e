import FieldsealCrypto

/// The catalog as an operator declares it. An object is found by its name, or by its id where that is given (a rename).
struct CatalogDeclaration: Sendable {
    var tables: [Table]

    struct Table: Sendable {
        var id: ObjectID?
        var name: String
        var keyColumns: [String]
        var fields: [Field]
    }

    struct Field: Sendable {
        var id: ObjectID?
        var name: String
        var sensitivity: Sensitivity
        /// Nil: what the field has, or for a new field what the service chooses.
        var suite: CipherSuite?
        var rowBound: Bool
        var recordKeys: Bool
        var subjectKeys = false
        var lifecycle = FieldLifecycle()
        var indexes: [Index]
    }

    struct Index: Sendable {
        var name: String
        var bits: UInt16
        var normaliser: Normaliser
        var kind = IndexKind.equality
        /// Of a pair: the other field, of the same table.
        var beside = ""
        /// Whoever declares it knows what a trigram index shows.
        var acceptsLeakage = false
    }
}

/// Why a declaration is refused. `object` names the place; `reason` says what to change. Both are made of names that
/// passed the rules, or of the object's position.
struct CatalogError: Error, Equatable, CustomStringConvertible {
    var object: String
    var reason: String

    var description: String { "\(object): \(reason)" }
}

extension CatalogDeclaration {
    static let maximumTables = 10_000
    static let maximumFields = 1_000
    static let maximumIndexes = 8
    static let maximumKeyColumns = 16

    /// Checks what can be said of the declaration alone; what depends on the present catalog, `CatalogPlan` checks.
    func validate() throws(CatalogError) {
        guard !tables.isEmpty else {
            throw CatalogError(object: "catalog", reason: "declares no table; it would remove everything")
        }
        guard tables.count <= Self.maximumTables else {
            throw CatalogError(object: "catalog", reason: "more than \(Self.maximumTables) tables")
        }
        var names = Set<String>()
        for (position, table) in tables.enumerated() {
            guard CatalogName.isTable(table.name) else {
                throw CatalogError(object: "table \(position + 1)", reason: "not a table's name")
            }
            guard !CatalogName.reserved.contains(table.name) else {
                throw CatalogError(object: table.name, reason: "this name is a key's")
            }
            guard names.insert(table.name).inserted else {
                throw CatalogError(object: table.name, reason: "declared twice")
            }
        }
        for table in tables { try table.validate(otherTables: names) }
    }
}

extension CatalogDeclaration.Table {
    fileprivate func validate(otherTables: Set<String>) throws(CatalogError) {
        guard keyColumns.count <= CatalogDeclaration.maximumKeyColumns, keyColumns.allSatisfy(CatalogName.isColumn),
            Set(keyColumns).count == keyColumns.count
        else {
            throw CatalogError(
                object: name,
                reason: "key columns are at most \(CatalogDeclaration.maximumKeyColumns) different column names")
        }
        guard fields.count <= CatalogDeclaration.maximumFields else {
            throw CatalogError(object: name, reason: "more than \(CatalogDeclaration.maximumFields) fields")
        }
        var names = Set<String>()
        for (position, field) in fields.enumerated() {
            guard CatalogName.isColumn(field.name) else {
                throw CatalogError(object: "\(name), field \(position + 1)", reason: "not a field's name")
            }
            let object = "\(name).\(field.name)"
            guard names.insert(field.name).inserted else {
                throw CatalogError(object: object, reason: "declared twice")
            }
            guard !otherTables.contains(object) else {
                throw CatalogError(object: object, reason: "is also the name of a table")
            }
            try field.validate(object: object, hasKeyColumns: !keyColumns.isEmpty)
        }
        for field in fields {
            for index in field.indexes where index.kind.isPair || !index.beside.isEmpty {
                guard index.kind.isPair, index.beside != field.name, names.contains(index.beside) else {
                    throw CatalogError(
                        object: "\(name).\(field.name)/\(index.name)",
                        reason: "an index of a pair, and no other, names another field of the table as beside")
                }
            }
        }
    }
}

extension CatalogDeclaration.Field {
    fileprivate func validate(object: String, hasKeyColumns: Bool) throws(CatalogError) {
        if rowBound || recordKeys || subjectKeys, !hasKeyColumns {
            throw CatalogError(
                object: object, reason: "row binding, record keys and subject keys need the table's key columns")
        }
        try lifecycle.validate(object: object)
        guard indexes.count <= CatalogDeclaration.maximumIndexes else {
            throw CatalogError(object: object, reason: "more than \(CatalogDeclaration.maximumIndexes) indexes")
        }
        var names = Set<String>()
        for (position, index) in indexes.enumerated() {
            guard CatalogName.isColumn(index.name) else {
                throw CatalogError(object: "\(object), index \(position + 1)", reason: "not an index's name")
            }
            let place = "\(object)/\(index.name)"
            guard names.insert(index.name).inserted else {
                throw CatalogError(object: place, reason: "declared twice")
            }
            try index.validate(object: place)
        }
    }
}

extension CatalogDeclaration.Index {
    fileprivate func validate(object: String) throws(CatalogError) {
        guard kind.allows(bits: Int(bits)) else {
            throw CatalogError(
                object: object,
                reason: kind.isFilter
                    ? "an index of prefixes or trigrams has 64 to 4096 bits, a multiple of 8"
                    : "an index has 1 to 256 bits")
        }
        guard !kind.isFilter || normaliser != .lastFour else {
            throw CatalogError(
                object: object, reason: "the last four digits are found as a whole: by an equality index")
        }
        if case .trigram = kind, !acceptsLeakage {
            throw CatalogError(object: object, reason: "needs accept-leakage: \(kind.leakage)")
        }
    }
}
