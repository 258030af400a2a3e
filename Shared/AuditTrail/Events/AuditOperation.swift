/// What was done or refused: `fieldseal.v1.Operation`.
public enum AuditOperation: Int32, Sendable, Hashable, CaseIterable {
    /// Several kinds, counted together.
    case unspecified = 0
    case encrypt = 1
    case decrypt = 2
    case rewrap = 3
    case rebind = 4
    case blindIndex = 5
    case describeField = 6
    case deriveFieldKey = 7
    case rotateKey = 8
    case getFieldKey = 9
    case getAuditHashKey = 10
    case createKey = 11
    case applyCatalog = 12
    case getCatalog = 13
    case listKeys = 14
    case showKey = 15
    case queryAudit = 16
    case tailAudit = 17
    case appendAudit = 18
    case status = 19
    /// A refused connection; accepted ones are not recorded.
    case connect = 20
    case policyReload = 21
    case epochOpen = 22
    case epochClose = 23
    case unknownMethod = 24
}
