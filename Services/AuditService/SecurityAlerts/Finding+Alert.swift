import FieldsealAlerts

extension Alert {
    /// Of a finding on the log's completeness.
    init(finding kind: String, producer: String, sequence: Int64) {
        let forged = [
            Finding.Kind.fork.rawValue, Finding.Kind.signature.rawValue, Finding.Kind.contradicted.rawValue,
            Finding.Kind.withheld.rawValue, TreeProblem.Kind.rolledBack.rawValue,
            TreeProblem.Kind.forked.rawValue, TreeProblem.Kind.damaged.rawValue,
        ]
        let place = producer.isEmpty ? "the tree of \(sequence) blocks" : "block \(sequence) of \(producer)"
        self.init(
            .logGap, forged.contains(kind) ? .critical : .warning,
            object: producer.isEmpty ? kind : "\(kind) \(producer)",
            text: "The audit log has a finding: \(kind), at \(place). fieldseal audit findings lists it.")
    }
}
