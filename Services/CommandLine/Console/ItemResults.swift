import FieldsealClient

extension Result where Failure == FieldsealError {
    /// The members of a success, or `error` with code and message.
    func json(_ members: (Success) -> [(String, JSON)]) -> JSON {
        switch self {
        case .success(let value): .object(members(value))
        case .failure(let error):
            .object([("error", .object([("code", .string(error.code.name)), ("message", .string(error.message))]))])
        }
    }
}

/// Tells of each item that failed and throws where there is one. Status 3 or 4 where all failures are of that kind.
func reportFailures<Value>(_ results: [Result<Value, FieldsealError>], names: [String] = []) throws {
    var statuses: Set<ProgramStatus> = []
    var failures: [CommandFailure] = []
    for (index, result) in results.enumerated() {
        guard case .failure(let error) = result else { continue }
        let failure = CommandFailure(error)
        statuses.insert(failure.status)
        let name = names.indices.contains(index) ? names[index] : results.count == 1 ? "" : "value \(index + 1)"
        failures.append(CommandFailure(failure.status, name.isEmpty ? failure.text : "\(name): \(failure.text)"))
    }
    guard let last = failures.popLast() else { return }
    for failure in failures { Console.current.complain(failure.text) }
    throw CommandFailure(statuses.count == 1 ? last.status : .failed, last.text)
}
