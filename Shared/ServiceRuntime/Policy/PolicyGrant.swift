/// What one identity may do, compiled from its rules for lookups that neither allocate nor hash. A grant never changes; a
/// reloaded policy has other grants, and `PolicyStore.generation` tells.
public final class PolicyGrant: Sendable {
    /// Nothing at all.
    public static let none = PolicyGrant(rules: [])

    /// Operations that some rule grants, on whatever field.
    public let operations: PolicyOperations
    /// The fields whose events the identity may read in the audit log.
    public let auditScope: AuditScope
    private let onAll: PolicyOperations
    private let byTable: NameIndex
    private let byColumn: NameIndex
    private let byField: NameIndex

    init(rules: [Policy.Rule]) {
        var operations: PolicyOperations = []
        var onAll: PolicyOperations = []
        var tables: [[UInt8]: PolicyOperations] = [:]
        var columns: [[UInt8]: PolicyOperations] = [:]
        var fields: [[UInt8]: PolicyOperations] = [:]
        for rule in rules {
            let granted = PolicyOperations(rule.operations)
            operations.formUnion(granted)
            for pattern in rule.fields {
                let onFields = granted.intersection(.onFields)
                switch pattern {
                case .all: onAll.formUnion(onFields)
                case .table(let table): tables[Array(table.utf8), default: []].formUnion(onFields)
                case .column(let column): columns[Array(column.utf8), default: []].formUnion(onFields)
                case .field(let table, let column):
                    fields[Array("\(table).\(column)".utf8), default: []].formUnion(onFields)
                }
            }
        }
        self.operations = operations
        auditScope = AuditScope(rules)
        self.onAll = onAll
        byTable = NameIndex(tables)
        byColumn = NameIndex(columns)
        byField = NameIndex(fields)
    }

    /// Whether the identity has the operation at all, on whatever field.
    public func allows(_ operation: PolicyOperation) -> Bool { operations.contains(operation) }

    /// Whether the identity has the operation on every field, e.g. for a master key.
    public func allowsOnAllFields(_ operation: PolicyOperation) -> Bool { onAll.contains(operation) }

    /// Whether the identity has the operation on every field of the table, e.g. for the table's key.
    public func allows(_ operation: PolicyOperation, table: String) -> Bool {
        var table = table
        return onAll.contains(operation)
            || table.withUTF8 { byTable.operations(for: UnsafeRawBufferPointer($0)) }.contains(operation)
    }

    /// - Parameter field: `table.field`, split at the last dot.
    public func allows(_ operation: PolicyOperation, field: String) -> Bool {
        var field = field
        return field.withUTF8 { operations(onField: UnsafeRawBufferPointer($0)) }.contains(operation)
    }

    /// All that the identity may do on one field: a caller may keep the answer beside the grant.
    /// - Parameter field: UTF-8 of `table.field`, split at the last dot; a name without a dot or with an empty part has
    ///   no rights.
    public func operations(onField field: UnsafeRawBufferPointer) -> PolicyOperations {
        guard let dot = field.lastIndex(of: UInt8(ascii: ".")), dot > 0, dot + 1 < field.count else { return [] }
        return
            onAll
            .union(byTable.operations(for: UnsafeRawBufferPointer(rebasing: field[..<dot])))
            .union(byColumn.operations(for: UnsafeRawBufferPointer(rebasing: field[(dot + 1)...])))
            .union(byField.operations(for: field))
    }
}
