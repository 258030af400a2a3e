import FieldsealClient
import FieldsealMessages
import FieldsealRPC

/// A kind of call to be measured.
struct Workload {
    enum Operation: String, CaseIterable {
        case health, encrypt, decrypt
    }

    var operation: Operation
    /// Bytes of each value.
    var size: Int
    /// Values a call.
    var batch: Int

    var name: String { operation == .health ? "health" : "\(operation.rawValue) \(size) B × \(batch)" }

    var path: RequestPath {
        switch operation {
        case .health: RequestPath(service: "grpc.health.v1.Health", method: "Check")
        case .encrypt: RequestPath(service: "fieldseal.v1.Encryption", method: "Encrypt")
        case .decrypt: RequestPath(service: "fieldseal.v1.Encryption", method: "Decrypt")
        }
    }

    /// Requests to send in turn, each of other rows and values.
    func requests(field: String, seal: ([Proto.EncryptItem]) async throws -> [[UInt8]]) async throws -> [[UInt8]] {
        guard operation != .health else { return [Proto.HealthCheckRequest().encoded()] }
        var payloads: [[UInt8]] = []
        for call in 0..<(batch == 1 ? 64 : 4) {
            let items = (0..<batch).map { item in
                Proto.EncryptItem(
                    field: field, plaintext: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ item &+ call) },
                    recordID: Proto.RecordID(columns: [Proto.KeyColumn(value: .integer(Int64(1 + call * batch + item)))]
                    ))
            }
            guard operation == .decrypt else {
                payloads.append(Proto.EncryptRequest(items: items).encoded())
                continue
            }
            let sealed = zip(items, try await seal(items)).map { item, ciphertext in
                Proto.DecryptItem(field: field, ciphertext: ciphertext, recordID: item.recordID)
            }
            payloads.append(Proto.DecryptRequest(items: sealed).encoded())
        }
        return payloads
    }

    /// Checks one answer in full.
    /// - Throws: `BenchmarkError` where an item failed.
    func check(_ answer: [UInt8]) throws {
        let failures: [Proto.ItemError?]
        switch operation {
        case .health:
            let status = try Proto.HealthCheckResponse(decoding: answer).status
            failures = [status == .serving ? nil : Proto.ItemError(message: "the service is not serving")]
        case .encrypt:
            failures = try Proto.EncryptResponse(decoding: answer).results.map { result in
                if case .ciphertext = result.outcome {
                    nil
                } else if case .error(let error) = result.outcome {
                    error
                } else {
                    Proto.ItemError()
                }
            }
        case .decrypt:
            failures = try Proto.DecryptResponse(decoding: answer).results.map { result in
                if case .plaintext = result.outcome {
                    nil
                } else if case .error(let error) = result.outcome {
                    error
                } else {
                    Proto.ItemError()
                }
            }
        }
        guard failures.count == (operation == .health ? 1 : batch) else {
            throw BenchmarkError("\(name): items are missing in the answer")
        }
        if let failure = failures.compactMap({ $0 }).first { throw BenchmarkError("\(name): \(failure.message)") }
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
