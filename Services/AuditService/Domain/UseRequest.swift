import FieldsealMessages
import FieldsealServiceRuntime

/// What a summary of use adds up.
struct UseRequest: Hashable, Sendable {
    static let maximumVersions = 1_000

    let filter: EventFilter
    /// Any of them; nil: whatever the filter lets through.
    let keyVersions: [Int64]?

    /// - Throws: `filter` where a part is out of range.
    init(_ request: Proto.SummarizeUseRequest, within scope: AuditScope = .everything) throws(AuditServiceError) {
        guard request.keyVersions.count <= Self.maximumVersions, !request.keyVersions.contains(0) else {
            throw .filter
        }
        filter = try EventFilter(request.filter ?? Proto.QueryRequest(), within: scope)
        keyVersions = request.keyVersions.isEmpty ? nil : request.keyVersions.map { Int64(bitPattern: $0) }
    }
}
