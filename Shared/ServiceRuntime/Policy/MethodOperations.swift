/// Which right each method of each service asks for. A method that is not here is denied.
enum MethodOperations {
    /// Any one of the operations lets the call go on to the check of its fields.
    static func operations(service: String, method: String) -> PolicyOperations {
        switch service {
        case "fieldseal.v1.Encryption": encryption(method)
        case "fieldseal.v1.Keys": keys(method)
        case "fieldseal.v1.Audit": audit(method)
        default: []
        }
    }

    private static func encryption(_ method: String) -> PolicyOperations {
        switch method {
        case "Encrypt": [.init(.encrypt), .init(.encryptDeterministic)]
        case "Decrypt": .init(.decrypt)
        case "Rewrap": .init(.rewrap)
        case "Rebind": .init(.rebind)
        case "BlindIndex": .init(.blindIndex)
        case "DescribeField": .init(.describeField)
        case "DeriveFieldKey": .init(.deriveFieldKey)
        case "RotateKey": .init(.rotateKey)
        default: []
        }
    }

    private static func keys(_ method: String) -> PolicyOperations {
        switch method {
        case "ApplyCatalog": .init(.applyCatalog)
        case "GetCatalog": .init(.getCatalog)
        case "GetFieldKey": .init(.getFieldKey)
        case "GetAuditHashKey": .init(.getAuditHashKey)
        case "EnsureFieldKey": .init(.deriveFieldKey)
        case "RotateKey": .init(.rotateKey)
        case "ListKeys": .init(.listKeys)
        case "ShowKey": .init(.showKey)
        case "Status": .init(.status)
        default: []
        }
    }

    private static func audit(_ method: String) -> PolicyOperations {
        switch method {
        case "Append": .init(.appendAudit)
        case "Query": .init(.queryAudit)
        case "TailEvents": .init(.tailAudit)
        case "Status": .init(.status)
        default: []
        }
    }
}
