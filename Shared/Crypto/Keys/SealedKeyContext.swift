extension KeyAgreement {
    /// What a key is that travels to an encryption service: the context under which both sides seal and open it.
    ///
    /// Label ‖ u8 kind ‖ 16 bytes object ‖ u64be version.
    ///
    /// - Parameters:
    ///   - object: the field of a `fek`, the index of an `index`; `ObjectID.zero` for the `auditHash` key.
    ///   - version: the version of a `fek` or of the `auditHash` key; nil for an `index` key, whose grant names none.
    public static func context(_ kind: KeyKind, object: ObjectID, version: KeyVersion?) -> [UInt8] {
        var context: [UInt8] = []
        context.append(label: "fieldseal/v1 sealed key")
        context.append(kind.rawValue)
        context.append(id: object)
        context.append(bigEndian: version?.rawValue ?? 0)
        return context
    }
}
