/// Who may do what on which fields: exact certificate identities bound to operations and field patterns. What no rule
/// grants is denied.
public struct Policy: Sendable {
    /// One rule; rules of one identity add up.
    public struct Rule: Hashable, Sendable {
        public let identity: String
        public let operations: [PolicyOperation]
        public let fields: [FieldPattern]

        public init(identity: String, operations: [PolicyOperation], fields: [FieldPattern] = []) {
            self.identity = identity
            self.operations = operations
            self.fields = fields
        }
    }

    public let rules: [Rule]
    /// What the audit service watches its log for.
    public let securityAlerts: SecurityRules
    private let grants: [[UInt8]: PolicyGrant]

    /// A policy that denies everything.
    public static let denyAll = Policy(rules: [])

    public init(rules: [Rule], securityAlerts: SecurityRules = SecurityRules()) {
        self.rules = rules
        self.securityAlerts = securityAlerts
        grants = Dictionary(grouping: rules) { Array($0.identity.utf8) }.mapValues { PolicyGrant(rules: $0) }
    }

    /// What the identity may do; compared byte by byte.
    public func grant(for identity: String) -> PolicyGrant {
        grants[Array(identity.utf8)] ?? .none
    }

    /// Whether the identity has the operation at all, on whatever field: the check before a payload is parsed.
    public func allows(identity: String, operation: PolicyOperation) -> Bool {
        grant(for: identity).operations.contains(operation)
    }

    /// - Parameter field: `table.field`, split at the last dot.
    public func allows(identity: String, operation: PolicyOperation, field: String) -> Bool {
        grant(for: identity).allows(operation, field: field)
    }
}
