internal import FieldsealRPC

extension Policy {
    /// Parses a policy file.
    ///
    ///     version: 1
    ///     rules:
    ///       - identity: spiffe://fieldseal.local/backend/demo
    ///         operations: [encrypt, decrypt]
    ///         fields: ["users.*", "conversations.user_query"]
    ///     security-alerts:
    ///       failed-decrypts: {count: 50}
    ///
    /// - Throws: naming line and key, for whatever is not understood; nothing is ignored.
    public init(yaml: String, file: String) throws(ConfigurationError) {
        let root = try ConfigurationNode(yaml: yaml, file: file)
        let entries = try root.mapping(allowed: ["version", "rules", "security-alerts"])
        guard let version = entries["version"] else { throw root.error("version is missing; write version: 1") }
        guard try version.integer(in: 0...Int.max) == 1 else { throw version.error("only version 1 is known") }
        guard let list = entries["rules"] else { throw root.error("rules are missing; write rules: [] to deny all") }
        var rules: [Rule] = []
        for node in try list.sequence() { rules.append(try Rule(node)) }
        var alerts = SecurityRules()
        if let section = entries["security-alerts"] { alerts = try SecurityRules(section) }
        self.init(rules: rules, securityAlerts: alerts)
    }
}

extension Policy.Rule {
    fileprivate init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let entries = try node.mapping(allowed: ["identity", "operations", "fields"])
        guard let identity = entries["identity"] else { throw node.error("identity is missing") }
        let name = try identity.text()
        guard SPIFFEIdentity.isValid(name.utf8) else { throw identity.error(SPIFFEIdentity.rule) }
        guard let operations = entries["operations"] else { throw node.error("operations are missing") }
        self.init(
            identity: name, operations: try Self.operations(operations), fields: try Self.fields(entries["fields"]))
        let onFields = self.operations.filter(\.isOnFields)
        if fields.isEmpty, let operation = onFields.first {
            throw node.error("\(operation.rawValue) needs fields, e.g. fields: [\"users.*\"]")
        }
        if let fields = entries["fields"], onFields.isEmpty {
            throw fields.error("none of the operations is about fields")
        }
    }

    private static func operations(_ node: ConfigurationNode) throws(ConfigurationError) -> [PolicyOperation] {
        var operations: [PolicyOperation] = []
        for element in try node.sequence() {
            guard let operation = PolicyOperation(rawValue: try element.text()) else {
                let known = PolicyOperation.allCases.map(\.rawValue).joined(separator: ", ")
                throw element.error("unknown operation; known are \(known)")
            }
            guard !operations.contains(operation) else { throw element.error("given twice") }
            operations.append(operation)
        }
        guard !operations.isEmpty else { throw node.error("at least one operation is wanted") }
        return operations
    }

    private static func fields(_ node: ConfigurationNode?) throws(ConfigurationError) -> [FieldPattern] {
        try node?.fieldPatterns() ?? []
    }
}

extension ConfigurationNode {
    /// A list of at least one pattern, each given once.
    func fieldPatterns() throws(ConfigurationError) -> [FieldPattern] {
        var patterns: [FieldPattern] = []
        for element in try sequence() {
            guard let pattern = FieldPattern(try element.text()) else {
                throw element.error("a pattern is *, table.*, *.field or table.field")
            }
            guard !patterns.contains(pattern) else { throw element.error("given twice") }
            patterns.append(pattern)
        }
        guard !patterns.isEmpty else { throw error("at least one pattern is wanted") }
        return patterns
    }
}
