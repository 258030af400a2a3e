import FieldsealMessages
import FieldsealServiceRuntime

/// Which events are asked for; empty parts ask for all.
struct EventFilter: Hashable, Sendable {
    static let maximumText = 2_048

    let from: Int64?
    let until: Int64?
    let actor: String?
    let operations: [Int32]
    let table: String?
    let field: String?
    let keyVersion: Int64?
    let outcome: Outcome
    /// Only events of this record, by its hash.
    let recordHash: [UInt8]?
    /// Only events of these fields; nil: of all, and those that are about none.
    let patterns: [FieldPattern]?

    enum Outcome: Hashable, Sendable {
        case any
        case success
        case failure
        case code(Int32)
    }

    /// - Throws: `filter` where a part is out of range.
    init(
        _ request: Proto.QueryRequest, ignoringTimes: Bool = false, within scope: AuditScope = .everything
    ) throws(AuditServiceError) {
        guard request.fromUnixUs >= 0, request.untilUnixUs >= 0, request.operations.count <= 64,
            !request.operations.contains(.unspecified), request.outcome == .code || request.outcomeCode == 0,
            (0...16).contains(request.outcomeCode), [0, 16].contains(request.recordHash.count),
            request.recordHash.isEmpty || !request.table.isEmpty
        else { throw .filter }
        recordHash = request.recordHash.isEmpty ? nil : request.recordHash
        from = ignoringTimes || request.fromUnixUs == 0 ? nil : request.fromUnixUs
        until = ignoringTimes || request.untilUnixUs == 0 ? nil : request.untilUnixUs
        operations = request.operations.map(\.rawValue)
        actor = try Self.text(request.actor)
        table = try Self.text(request.table)
        field = try Self.text(request.field)
        keyVersion = request.keyVersion == 0 ? nil : Int64(bitPattern: request.keyVersion)
        patterns = if case .fields(let patterns) = scope { patterns } else { nil }
        outcome =
            switch request.outcome {
            case .any: .any
            case .success: .success
            case .failure: .failure
            case .code: .code(request.outcomeCode)
            }
    }

    private static func text(_ text: String) throws(AuditServiceError) -> String? {
        guard text.utf8.count <= maximumText, !text.utf8.contains(0) else { throw .filter }
        return text.isEmpty ? nil : text
    }
}
