import FieldsealMessages

@testable import EncryptionService

extension HandlerBench {
    func encrypt(
        _ items: [Proto.EncryptItem], encoding: Proto.Encoding = .binary, as identity: String = HandlerBench.backend,
        on loop: Int = 0, loaded: @Sendable () async -> Void = {}
    ) async throws -> [Proto.EncryptResult] {
        let answer: Proto.EncryptResponse = try await call(
            .encrypt, Proto.EncryptRequest(items: items, encoding: encoding), as: identity, on: loop, loaded: loaded)
        return answer.results
    }

    func decrypt(
        _ items: [Proto.DecryptItem], encoding: Proto.Encoding = .binary, as identity: String = HandlerBench.backend
    ) async throws -> [Proto.DecryptResult] {
        let answer: Proto.DecryptResponse = try await call(
            .decrypt, Proto.DecryptRequest(items: items, encoding: encoding), as: identity)
        return answer.results
    }

    func rewrap(_ items: [Proto.DecryptItem], encoding: Proto.Encoding = .binary) async throws -> [Proto.RewrapResult] {
        let answer: Proto.RewrapResponse = try await call(
            .rewrap, Proto.RewrapRequest(items: items, encoding: encoding))
        return answer.results
    }

    func rebind(_ items: [Proto.RebindItem], encoding: Proto.Encoding = .binary) async throws -> [Proto.RewrapResult] {
        let answer: Proto.RebindResponse = try await call(
            .rebind, Proto.RebindRequest(items: items, encoding: encoding))
        return answer.results
    }

    /// One ciphertext, or the failure as text.
    func sealed(_ item: Proto.EncryptItem, encoding: Proto.Encoding = .binary) async throws -> [UInt8] {
        try await encrypt([item], encoding: encoding).first?.ciphertext ?? []
    }
}

extension Proto.RecordID {
    static func integer(_ value: Int64) -> Proto.RecordID {
        Proto.RecordID(columns: [Proto.KeyColumn(value: .integer(value))])
    }
}

extension Proto.EncryptResult {
    var ciphertext: [UInt8]? { if case .ciphertext(let bytes) = outcome { bytes } else { nil } }
    var error: Proto.ItemError? { if case .error(let error) = outcome { error } else { nil } }
}

extension Proto.DecryptResult {
    var plaintext: [UInt8]? { if case .plaintext(let bytes) = outcome { bytes } else { nil } }
    var error: Proto.ItemError? { if case .error(let error) = outcome { error } else { nil } }
}

extension Proto.RewrapResult {
    var ciphertext: [UInt8]? { if case .ciphertext(let bytes) = outcome { bytes } else { nil } }
    var error: Proto.ItemError? { if case .error(let error) = outcome { error } else { nil } }
}

extension Proto.ItemError {
    init(_ failure: ItemFailure) { self = failure.itemError }
}
