/// An encrypted property and its field in the catalog.
public struct EncryptedField<Record>: Sendable {
    let name: String
    let property: any AnyKeyPath & Sendable
    let indexes: [EncryptedIndex<Record>]
    let form: CiphertextForm
    let isRowBound: Bool
    let acceptsPlaintext: Bool
    let tellsPlaintext: Bool
    let context: (@Sendable (Record) -> [UInt8])?
    let subject: (@Sendable (Record) -> [UInt8])?
    let access: any FieldAccess<Record>

    /// - Parameters:
    ///   - name: of the field in the catalog, without its table.
    ///   - indexes: the blind indexes that are made together with the value.
    ///   - form: `.binary` for `bytea` columns, `.text` for text columns.
    ///   - isRowBound: whether the catalog binds the field to rows; such a value opens in its own row alone.
    ///   - context: bytes of the row that its value is bound to as well, such as a tenant's name.
    ///   - subject: whom the value belongs to, where the field has subject keys: 1 to 256 bytes.
    ///   - acceptsPlaintext: during a rollout, a stored value that is no ciphertext is read as it is, and sealed when it is
    ///     written next. Not for `EncryptedData`.
    public static func field<Coding: PlaintextCoding>(
        _ name: String, _ property: any WritableKeyPath<Record, Encrypted<Coding>> & Sendable,
        indexes: [EncryptedIndex<Record>] = [], form: CiphertextForm = .binary, isRowBound: Bool = true,
        context: (@Sendable (Record) -> [UInt8])? = nil, subject: (@Sendable (Record) -> [UInt8])? = nil,
        acceptsPlaintext: Bool = false
    ) -> Self {
        Self(
            name: name, property: property, indexes: indexes, form: form, isRowBound: isRowBound,
            acceptsPlaintext: acceptsPlaintext, tellsPlaintext: Coding.tellsPlaintext, context: context,
            subject: subject,
            access: PropertyAccess<Record, Coding>(
                get: { $0[keyPath: property] }, set: { $0[keyPath: property] = $1 }))
    }

    /// The same for a property whose value may be missing; a missing value is NULL, and so are its indexes.
    public static func field<Coding: PlaintextCoding>(
        _ name: String, _ property: any WritableKeyPath<Record, Encrypted<Coding>?> & Sendable,
        indexes: [EncryptedIndex<Record>] = [], form: CiphertextForm = .binary, isRowBound: Bool = true,
        context: (@Sendable (Record) -> [UInt8])? = nil, subject: (@Sendable (Record) -> [UInt8])? = nil,
        acceptsPlaintext: Bool = false
    ) -> Self {
        Self(
            name: name, property: property, indexes: indexes, form: form, isRowBound: isRowBound,
            acceptsPlaintext: acceptsPlaintext, tellsPlaintext: Coding.tellsPlaintext, context: context,
            subject: subject,
            access: PropertyAccess<Record, Coding>(
                get: { $0[keyPath: property] }, set: { $0[keyPath: property] = $1 }))
    }
}
