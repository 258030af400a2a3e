/// Why a value of a model cannot be read or written. It names column and row, and holds neither plaintext nor ciphertext.
public struct EncryptedValueError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, and what mends it.
    public enum Code: Sendable, Hashable {
        /// It is plaintext: `EncryptionMiddleware.beforeInsert` has not seen its row.
        case notSealed
        /// It is ciphertext: `EncryptionMiddleware.afterLoad` has not seen its row.
        case notOpened
        /// The service refused to seal or to open it; `cause` says why.
        case refused
        /// What was opened is no value of the property's type, or the value has no such form.
        case notRepresentable
        /// A column of the row's key has no value.
        case rowUnknown
        /// It is sealed for another row, and cannot be opened to be sealed anew.
        case boundToAnotherRow
        /// The model declares no such property, or no such blind index.
        case notDeclared
    }

    /// What is wrong.
    public let code: Code
    /// "table.field"; where only the coder knows it, the name of the property.
    public let field: String?
    /// The row, where the field is bound to rows.
    public let recordID: RecordID?
    /// What the service said, where it refused.
    public let cause: FieldsealError?

    init(_ code: Code, field: String? = nil, recordID: RecordID? = nil, cause: FieldsealError? = nil) {
        self.code = code
        self.field = field
        self.recordID = recordID
        self.cause = cause
    }

    func of(_ field: String?) -> Self {
        Self(code, field: self.field ?? field, recordID: recordID, cause: cause)
    }

    public var description: String {
        let place =
            switch (field, recordID) {
            case (let field?, let recordID?): "\(field) of the row \(recordID): "
            case (let field?, nil): "\(field): "
            default: ""
            }
        return place + reason
    }

    private var reason: String {
        switch code {
        case .notSealed:
            "the value is plaintext and cannot be written; pass its row to EncryptionMiddleware.beforeInsert"
        case .notOpened: "the value is encrypted; pass its row to EncryptionMiddleware.afterLoad"
        case .refused: cause.map(\.description) ?? "the service refused the value"
        case .notRepresentable: "what is sealed, or is to be, is no value of this type"
        case .rowUnknown:
            "the row's key has no value yet; let the application make the key, or bind to another column or to a context"
        case .boundToAnotherRow: "the value is sealed for another row; open it first, or rebind it"
        case .notDeclared: "the model's encryptedTable does not declare it"
        }
    }
}
