import ArgumentParser
import FieldsealClient

/// Which events are wanted.
struct AuditFilterOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Only events of this actor, exactly.", valueName: "spiffe://…"))
    var actor: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Only these operations, separated by commas, e.g. encrypt,decrypt.", valueName: "operations")
    )
    var operation: OperationList?

    @Option(name: .long, help: ArgumentHelp("Only this field, as table.field.", valueName: "field"))
    var field: String?

    @Option(name: .long, help: ArgumentHelp("Only this table.", valueName: "table"))
    var table: String?

    @Option(name: .long, help: ArgumentHelp("Only this key version, of 16 hexadecimal digits.", valueName: "version"))
    var keyVersion: KeyVersionArgument?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only this outcome: success, failure, or a code, e.g. permission-denied.", valueName: "outcome"))
    var outcome: OutcomeArgument?

    func validate() throws {
        guard field == nil || table == nil else { throw ValidationError("--field and --table exclude each other") }
        if let field, !field.dropFirst().dropLast().contains(".") { throw ValidationError("--field wants table.field") }
    }

    var query: AuditQuery {
        var query = AuditQuery(
            actor: actor ?? "", operations: operation?.operations ?? [], table: table ?? "",
            keyVersion: keyVersion?.value ?? 0)
        if let field, let dot = field.lastIndex(of: ".") {
            query.table = String(field[..<dot])
            query.field = String(field[field.index(after: dot)...])
        }
        switch outcome {
        case nil: break
        case .success: query.outcome = .success
        case .failure: query.outcome = .failure
        case .code(let code): (query.outcome, query.outcomeCode) = (.code, code.rawValue)
        }
        return query
    }
}

struct OperationList: ExpressibleByArgument {
    let operations: [AuditOperation]

    init?(argument: String) {
        var operations: [AuditOperation] = []
        for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let operation = AuditOperation(word: String(word)), operation != .unspecified else { return nil }
            operations.append(operation)
        }
        self.operations = operations
    }

    static var allValueStrings: [String] { AuditOperation.words }
}

enum OutcomeArgument: ExpressibleByArgument {
    case success, failure
    case code(FieldsealError.Code)

    init?(argument: String) {
        switch argument {
        case "success": self = .success
        case "failure": self = .failure
        default:
            guard let code = FieldsealError.Code.allCases.first(where: { $0.word == argument }) else { return nil }
            self = .code(code)
        }
    }

    static var allValueStrings: [String] { ["success", "failure"] + FieldsealError.Code.allCases.map(\.word) }
}

extension FieldsealError.Code {
    /// E.g. permission-denied.
    var word: String { name.lowercased().split(separator: "_").joined(separator: "-") }
}
