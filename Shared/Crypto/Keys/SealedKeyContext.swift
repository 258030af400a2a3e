extension KeyAgreement {
    /// What a key is that travels to an encryption service: the context under which both sides seal and open it.
    ///
    /// Label ‖ u8 kind ‖ 16 bytes object ‖ u64be version.
    ///
    /// - Parameters:
    ///   - object: the field of a `fek`, the index of an `index`; `ObjectID.zero` for the `auditHash` key.
    ///   - version: the version of a `fek` or of the `auditHash` key; nil for an `index` key, whose grant names none.
    public static func context(_ kind: KeyKind, object: ObjectID, version: KeyVersion?) -> [UInt8] {
        context(kind.rawValue, object, version)
    }

    /// The same for a subject's key, which has no versions. Its kind is 8, which is no kind of the hierarchy.
    public static func subjectContext(_ id: ObjectID) -> [UInt8] { context(8, id, nil) }

    private static func context(_ kind: UInt8, _ object: ObjectID, _ version: KeyVersion?) -> [UInt8] {
        var context: [UInt8] = []
        context.append(label: "fieldseal/v1 sealed key")
        context.append(kind)
        context.append(id: object)
        context.append(bigEndian: version?.rawValue ?? 0)
        return context
    }
}
