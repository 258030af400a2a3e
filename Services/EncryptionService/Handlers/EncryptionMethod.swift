import FieldsealAuditTrail
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// The methods of `fieldseal.v1.Encryption`; the raw value is the index in the service's table.
enum EncryptionMethod: Int, CaseIterable {
    case encrypt
    case decrypt
    case rewrap
    case rebind
    case blindIndex
    case describeField
    case deriveFieldKey
    case rotateKey
    case hashRecord

    var descriptor: RPCMethod {
        switch self {
        case .encrypt: RPCMethod("Encrypt")
        case .decrypt: RPCMethod("Decrypt")
        case .rewrap: RPCMethod("Rewrap")
        case .rebind: RPCMethod("Rebind")
        case .blindIndex: RPCMethod("BlindIndex")
        case .describeField: RPCMethod("DescribeField")
        case .deriveFieldKey: RPCMethod("DeriveFieldKey")
        case .rotateKey: RPCMethod("RotateKey")
        case .hashRecord: RPCMethod("HashRecord")
        }
    }

    /// How the audit log calls it.
    var audited: AuditOperation {
        switch self {
        case .encrypt: .encrypt
        case .decrypt: .decrypt
        case .rewrap: .rewrap
        case .rebind: .rebind
        case .blindIndex: .blindIndex
        case .describeField: .describeField
        case .deriveFieldKey: .deriveFieldKey
        case .rotateKey: .rotateKey
        case .hashRecord: .hashRecord
        }
    }

    /// The right on a field that it takes. Encrypting also needs the deterministic right where the suite is
    /// deterministic.
    var right: PolicyOperations {
        switch self {
        case .encrypt: [.init(.encrypt), .init(.encryptDeterministic)]
        case .decrypt: .init(.decrypt)
        case .rewrap: .init(.rewrap)
        case .rebind: .init(.rebind)
        case .blindIndex: .init(.blindIndex)
        case .describeField: .init(.describeField)
        case .deriveFieldKey: .init(.deriveFieldKey)
        case .rotateKey: .init(.rotateKey)
        case .hashRecord: .init(.hashRecord)
        }
    }
}
