/// The values of one property, whatever their type.
protocol FieldAccess<Record>: Sendable {
    associatedtype Record

    func isMissing(_ row: Record) -> Bool
    /// The bytes to seal; nil where there is no value, or what is sealed may stay.
    func plaintext(
        of row: Record, for binding: ValueBinding, anew: Bool
    ) throws(EncryptedValueError) -> [UInt8]?
    func seal(_ row: inout Record, _ ciphertext: [UInt8], for binding: ValueBinding)
    /// What is to be opened; nil where there is no value, or it is readable already.
    func ciphertext(of row: Record) -> [UInt8]?
    func open(_ row: inout Record, _ outcome: Result<[UInt8], FieldsealError>, for binding: ValueBinding)
    /// Takes what is stored for plaintext.
    func adopt(_ row: inout Record, _ plaintext: [UInt8], for binding: ValueBinding)
    func fail(_ row: inout Record, _ error: EncryptedValueError)
}

struct PropertyAccess<Record, Coding: PlaintextCoding>: FieldAccess {
    let get: @Sendable (Record) -> Encrypted<Coding>?
    let set: @Sendable (inout Record, Encrypted<Coding>) -> Void

    func isMissing(_ row: Record) -> Bool { get(row) == nil }

    func plaintext(
        of row: Record, for binding: ValueBinding, anew: Bool
    ) throws(EncryptedValueError) -> [UInt8]? {
        switch get(row)?.content {
        case .plain(let value): return try encode(value, binding)
        case .opened(let value, _, let old): return anew || old != binding ? try encode(value, binding) : nil
        case .failed(_, let error) where error.recordID != binding.recordID: throw binding.error(.boundToAnotherRow)
        case .failed, .sealed, nil: return nil
        }
    }

    private func encode(_ value: Coding.Plain, _ binding: ValueBinding) throws(EncryptedValueError) -> [UInt8] {
        do {
            return try Coding.encode(value)
        } catch {
            // The coder's own error may show the value.
            throw binding.error(.notRepresentable)
        }
    }

    func seal(_ row: inout Record, _ ciphertext: [UInt8], for binding: ValueBinding) {
        guard var value = get(row), let plain = try? value.value else { return }
        value.content = .opened(plain, ciphertext, binding)
        set(&row, value)
    }

    func ciphertext(of row: Record) -> [UInt8]? {
        switch get(row)?.content {
        case .sealed(let bytes), .failed(let bytes, _): bytes
        case .plain, .opened, nil: nil
        }
    }

    func open(_ row: inout Record, _ outcome: Result<[UInt8], FieldsealError>, for binding: ValueBinding) {
        guard var value = get(row), let ciphertext = ciphertext(of: row) else { return }
        switch outcome {
        case .success(let bytes):
            // The coder's own error may show the value.
            if let plain = try? Coding.decode(bytes) {
                value.content = .opened(plain, ciphertext, binding)
            } else {
                value.content = .failed(ciphertext, binding.error(.notRepresentable))
            }
        case .failure(let cause): value.content = .failed(ciphertext, binding.error(.refused, cause: cause))
        }
        set(&row, value)
    }

    func adopt(_ row: inout Record, _ plaintext: [UInt8], for binding: ValueBinding) {
        guard let plain = try? Coding.decode(plaintext) else { return fail(&row, binding.error(.notRepresentable)) }
        set(&row, Encrypted(plain))
    }

    func fail(_ row: inout Record, _ error: EncryptedValueError) {
        guard var value = get(row), let ciphertext = ciphertext(of: row) else { return }
        value.content = .failed(ciphertext, error)
        set(&row, value)
    }
}
