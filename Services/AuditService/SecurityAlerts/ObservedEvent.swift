import FieldsealMessages

/// What the rules need to know of a stored event.
struct ObservedEvent: Hashable, Sendable {
    /// Microseconds since 1970, of the last of its items.
    var time: Int64
    var actor: String
    var operation: Proto.Operation
    var table = ""
    var field = ""
    var keyVersion: UInt64 = 0
    var outcome: Int32 = 0
    var cause = ""
    var count: Int64 = 1

    /// `table.field`. A refusal may come before the field is known to the service.
    var fieldName: String { table.isEmpty && field.isEmpty ? "a field" : "\(table).\(field)" }

    /// Whether it used a field's key, or tried to.
    var isUse: Bool {
        switch operation {
        case .encrypt, .decrypt, .rewrap, .rebind, .blindIndex: true
        default: false
        }
    }

    /// Neither the daily work of backends nor what everybody may ask.
    var isAdministration: Bool {
        switch operation {
        case .unspecified, .encrypt, .decrypt, .rewrap, .rebind, .blindIndex, .describeField, .deriveFieldKey, .status,
            .connect, .policyReload, .epochOpen, .epochClose, .unknownMethod:
            false
        default: true
        }
    }
}

extension Proto.Operation {
    /// `compromiseKey` as `compromise-key`.
    var word: String {
        "\(self)".reduce(into: "") { text, letter in
            text += letter.isUppercase ? "-\(letter.lowercased())" : "\(letter)"
        }
    }
}
