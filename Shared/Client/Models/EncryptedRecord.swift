/// A model with encrypted properties.
///
///     struct User: Codable, EncryptedRecord {
///         static let encryptedTable = EncryptedTable<User>(
///             "users", key: [.column("id", \.id)],
///             fields: [
///                 .field("email", \.email, indexes: [.index("equality", \.emailIndex)]),
///                 .field("settings", \.settings),
///             ])
///
///         var id: UUID
///         var name: String
///         var email: EncryptedString
///         var emailIndex = BlindIndex()
///         var settings: EncryptedJSON<Settings>?
///     }
///
/// Other properties are nobody's business here: they pass through as they are.
public protocol EncryptedRecord: Sendable {
    /// Which properties are encrypted, under which fields of the catalog, and for which rows.
    static var encryptedTable: EncryptedTable<Self> { get }
}

/// The encrypted properties of a model, as the catalog has them.
public struct EncryptedTable<Record>: Sendable {
    let name: String
    let key: [RowKeyColumn<Record>]
    let fields: [EncryptedField<Record>]

    /// - Parameters:
    ///   - name: the table's in the catalog.
    ///   - key: the columns that values are bound to, in the order of the catalog's `key-columns`; none where no field of the table
    ///     is bound to rows.
    public init(_ name: String, key: [RowKeyColumn<Record>], fields: [EncryptedField<Record>]) {
        self.name = name
        self.key = key
        self.fields = fields
    }

    func fieldName(_ field: EncryptedField<Record>) -> String { "\(name).\(field.name)" }

    /// - Throws: where a column of the key has no value.
    func binding(
        of row: Record, for field: EncryptedField<Record>
    ) throws(EncryptedValueError) -> ValueBinding {
        var binding = ValueBinding(
            field: fieldName(field), context: field.context?(row), subject: field.subject?(row))
        guard field.isRowBound, !key.isEmpty else { return binding }
        let columns = key.compactMap { $0.value(row) }
        guard columns.count == key.count else { throw binding.error(.rowUnknown) }
        binding.recordID = RecordID(columns: columns)
        return binding
    }
}

/// A blind index of a property, and the companion property that holds it.
public struct EncryptedIndex<Record>: Sendable {
    let name: String
    /// Nil: there is none, since its value is none.
    let get: @Sendable (Record) -> BlindIndex?
    let set: @Sendable (inout Record, BlindIndex?) -> Void

    /// - Parameter name: of the index in the catalog.
    public static func index(_ name: String, _ companion: any WritableKeyPath<Record, BlindIndex> & Sendable) -> Self {
        Self(name: name, get: { $0[keyPath: companion] }, set: { $0[keyPath: companion] = $1 ?? BlindIndex() })
    }

    /// The same for a property whose value may be missing.
    public static func index(_ name: String, _ companion: any WritableKeyPath<Record, BlindIndex?> & Sendable) -> Self {
        Self(name: name, get: { $0[keyPath: companion] }, set: { $0[keyPath: companion] = $1 })
    }
}
