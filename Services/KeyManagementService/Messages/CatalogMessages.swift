import FieldsealCrypto
import FieldsealMessages

extension CatalogDeclaration {
    /// - Throws: `CatalogError` naming the object whose value has no meaning.
    init(_ tables: [Proto.CatalogTable]) throws(CatalogError) {
        self.tables = []
        for table in tables { self.tables.append(try Table(table)) }
    }
}

extension CatalogDeclaration.Table {
    init(_ message: Proto.CatalogTable) throws(CatalogError) {
        // The name is echoed only after it passed the rules, or it could carry anything into logs.
        let place = CatalogName.isTable(message.name) ? message.name : "a table"
        self.init(
            id: try ObjectID(declared: message.id, in: place), name: message.name, keyColumns: message.keyColumns,
            fields: [])
        for field in message.fields { fields.append(try CatalogDeclaration.Field(field, in: place)) }
    }
}

extension CatalogDeclaration.Field {
    init(_ message: Proto.CatalogField, in table: String) throws(CatalogError) {
        let place = CatalogName.isColumn(message.name) ? "\(table).\(message.name)" : "a field of \(table)"
        guard let sensitivity = Sensitivity(message.sensitivity) else {
            throw CatalogError(object: place, reason: "names no sensitivity: high, medium or low")
        }
        let suite = CipherSuite(message.suite)
        // Suite 6 is what values get in a transition; taken for none it would mean that the service chooses.
        guard (suite == nil) == (message.suite == .unspecified) else {
            throw CatalogError(object: place, reason: "names a suite that is not declared for a field")
        }
        self.init(
            id: try ObjectID(declared: message.id, in: place), name: message.name, sensitivity: sensitivity,
            suite: suite, rowBound: message.rowBound, recordKeys: message.recordKeys, subjectKeys: message.subjectKeys,
            lifecycle: FieldLifecycle(message), indexes: [])
        for index in message.indexes { indexes.append(try CatalogDeclaration.Index(index, in: place)) }
    }
}

extension CatalogDeclaration.Index {
    init(_ message: Proto.IndexDescription, in field: String) throws(CatalogError) {
        guard let kind = IndexKind(message) else {
            throw CatalogError(
                object: field,
                reason: """
                    an index of prefixes has 1 to 8 hashes and a shortest and a longest prefix of 1 to 64 characters, one of \
                    trigrams 1 to 8 hashes, one of whole values or a pair none of them
                    """)
        }
        // Numbers out of range stay so, to be refused by the rules.
        self.init(
            name: message.name, bits: UInt16(clamping: message.bits), normaliser: Normaliser(message.normaliser),
            kind: kind, beside: message.beside, acceptsLeakage: message.leakageAccepted)
    }
}

extension IndexKind {
    init?(_ message: Proto.IndexDescription) {
        self.init(
            Numbers(
                kind: Int(message.kind.rawValue), hashes: Int(message.hashes), shortest: Int(message.shortest),
                longest: Int(message.longest), beside: Int(message.besideNormaliser.rawValue)))
    }

    fileprivate var isTrigram: Bool { if case .trigram = self { true } else { false } }
}

extension FieldLifecycle {
    /// Numbers out of range stay so, to be refused by the rules.
    init(_ message: Proto.CatalogField) {
        func days(_ value: UInt32) -> Int32? { value == 0 ? nil : Int32(clamping: value) }
        self.init(
            rotationDays: days(message.rotationDays), transitionDays: days(message.transitionDays),
            isDual: message.dual, locations: message.locations)
        switch message.backupRetention {
        case .backupRetentionDays(let value): backupRetentionDays = Int32(clamping: value)
        case nil: break
        }
    }
}

extension ObjectID {
    /// An id in a declaration: empty is none.
    fileprivate init?(declared bytes: [UInt8], in place: String) throws(CatalogError) {
        if bytes.isEmpty { return nil }
        guard let id = ObjectID(bytes: bytes) else { throw CatalogError(object: place, reason: "an id has 16 bytes") }
        self = id
    }
}

extension Catalog {
    /// What is not removed, by name.
    var messages: [Proto.CatalogTable] {
        let fields = Dictionary(grouping: fields.filter { !$0.isRemoved }, by: \.tableID)
        let indexes = Dictionary(grouping: indexes.filter { !$0.isRemoved }, by: \.fieldID)
        return tables.filter { !$0.isRemoved }.sorted { $0.name < $1.name }.map { table in
            Proto.CatalogTable(
                name: table.name, id: table.id.bytes, keyColumns: table.keyColumns,
                fields: (fields[table.id] ?? []).sorted { $0.name < $1.name }.map { field in
                    Proto.CatalogField(
                        name: field.name, id: field.id.bytes, sensitivity: field.sensitivity.message,
                        suite: field.protection.suite.message, rowBound: field.protection.rowBound,
                        recordKeys: field.protection.recordKeys,
                        indexes: (indexes[field.id] ?? []).sorted { $0.name < $1.name }.map(\.message),
                        rotationDays: UInt32(clamping: field.lifecycle.rotationDays ?? 0),
                        transitionDays: UInt32(clamping: field.lifecycle.transitionDays ?? 0),
                        dual: field.lifecycle.isDual,
                        subjectKeys: field.protection.subjectKeys,
                        backupRetention: field.lifecycle.backupRetentionDays.map {
                            .backupRetentionDays(UInt32(clamping: $0))
                        },
                        locations: field.lifecycle.locations)
                })
        }
    }
}

extension CatalogIndex {
    var message: Proto.IndexDescription {
        let numbers = kind.numbers
        return Proto.IndexDescription(
            name: name, bits: UInt32(bits), normaliser: normaliser.message, id: id.bytes,
            kind: Proto.IndexKind(rawValue: Int32(numbers.kind)) ?? .equality, hashes: UInt32(numbers.hashes),
            shortest: UInt32(numbers.shortest), longest: UInt32(numbers.longest), leakageAccepted: kind.isTrigram,
            beside: beside, besideNormaliser: Proto.Normaliser(rawValue: Int32(numbers.beside)) ?? .none)
    }
}

extension CatalogChange {
    var message: Proto.CatalogChange { Proto.CatalogChange(kind: kind.rawValue, object: object, detail: detail) }
}

extension Sensitivity {
    init?(_ message: Proto.Sensitivity) {
        switch message {
        case .unspecified: return nil
        case .low: self = .low
        case .medium: self = .medium
        case .high: self = .high
        }
    }

    var message: Proto.Sensitivity {
        switch self {
        case .low: .low
        case .medium: .medium
        case .high: .high
        }
    }
}

extension Normaliser {
    init(_ message: Proto.Normaliser) {
        switch message {
        case .none: self = .none
        case .casefold: self = .casefold
        case .trim: self = .trim
        case .email: self = .email
        case .phoneDigits: self = .phoneDigits
        case .lastFour: self = .lastFour
        }
    }

    var message: Proto.Normaliser {
        switch self {
        case .none: .none
        case .casefold: .casefold
        case .trim: .trim
        case .email: .email
        case .phoneDigits: .phoneDigits
        case .lastFour: .lastFour
        }
    }
}

extension CipherSuite {
    /// Nil: the service chooses.
    init?(_ message: Proto.Suite) {
        guard message != .unspecified else { return nil }
        self.init(rawValue: UInt8(clamping: message.rawValue))
    }

    var message: Proto.Suite { Proto.Suite(rawValue: Int32(rawValue)) ?? .unspecified }
}
