/// Operations by name, found by binary search over the names' bytes.
struct NameIndex: Sendable {
    private let entries: [(name: [UInt8], operations: PolicyOperations)]

    init(_ operationsByName: [[UInt8]: PolicyOperations]) {
        entries =
            operationsByName
            .map { (name: $0.key, operations: $0.value) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    func operations(for name: UnsafeRawBufferPointer) -> PolicyOperations {
        var lower = 0
        var upper = entries.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if entries[middle].name.lexicographicallyPrecedes(name) {
                lower = middle + 1
            } else {
                upper = middle
            }
        }
        guard lower < entries.count, entries[lower].name.elementsEqual(name) else { return [] }
        return entries[lower].operations
    }
}
