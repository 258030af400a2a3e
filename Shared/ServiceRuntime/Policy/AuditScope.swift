/// Whose events an identity may read in the audit log: those of all fields, and of everything else, or of some fields alone.
public enum AuditScope: Hashable, Sendable {
    case everything
    /// At least one pattern; `*` is none of them.
    case fields([FieldPattern])

    /// Rules add up: one that grants `query-audit` or `tail-audit` without fields, or on `*`, grants it on everything. An identity
    /// without such a rule is limited by nothing but its other rights.
    init(_ rules: [Policy.Rule]) {
        var patterns: [FieldPattern] = []
        for rule in rules where !rule.operations.allSatisfy({ $0 != .queryAudit && $0 != .tailAudit }) {
            guard !rule.fields.isEmpty, !rule.fields.contains(.all) else {
                self = .everything
                return
            }
            patterns += rule.fields.filter { !patterns.contains($0) }
        }
        self = patterns.isEmpty ? .everything : .fields(patterns)
    }

    /// As the policy file writes them; empty: everything.
    public var names: [String] {
        switch self {
        case .everything: []
        case .fields(let patterns): patterns.map(\.description)
        }
    }
}
