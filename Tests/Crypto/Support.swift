import Testing

@testable import FieldsealCrypto
@testable import FieldsealSecureMemory

/// Bytes from hexadecimal digits; spaces and line ends are skipped.
func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.filter { ![UInt8(ascii: " "), UInt8(ascii: "\n")].contains($0) }
    return stride(from: 0, to: digits.count, by: 2).map { index in
        digits[index..<(index + 2)].reduce(UInt8(0)) { $0 << 4 | (Hexadecimal.value(of: $1) ?? 0) }
    }
}

func hexString(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}

func secret(_ bytes: [UInt8]) throws -> SecretBytes { try SecretBytes(copying: bytes) }

extension SecretBytes {
    var revealed: [UInt8] { borrowing get { withUnsafeBytes { Array($0) } } }
}

extension HKDF {
    static func derive(
        _ material: borrowing SecretBytes, salt: [UInt8], info: [UInt8], count: Int
    ) throws -> SecretBytes {
        let salt = try secret(salt)
        return try salt.withUnsafeBytes { salt throws(CryptoError) in
            try derive(material, salt: salt, info: info, count: count)
        }
    }
}

extension KeyedCipher {
    /// Seals under a chosen nonce.
    func seal(_ plaintext: [UInt8], data: [UInt8], nonce: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: plaintext.count + suite.overhead)
        try output.withUnsafeMutableBytes { output in
            try plaintext.withUnsafeBytes { plaintext in
                try data.withUnsafeBytes { data in
                    try seal(plaintext, associatedData: data, into: output) { $0.copyBytes(from: nonce) }
                }
            }
        }
        return output
    }

    func open(_ sealed: [UInt8], data: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: max(0, sealed.count - suite.overhead))
        do {
            try output.withUnsafeMutableBytes { output in
                try sealed.withUnsafeBytes { sealed in
                    try data.withUnsafeBytes { try open(sealed, associatedData: $0, into: output) }
                }
            }
        } catch let error as CryptoError {
            if sealed.count >= suite.overhead { #expect(output.allSatisfy { $0 == 0 }, "output is not wiped") }
            throw error
        }
        return output
    }
}

extension FieldCipher {
    func seal(
        _ plaintext: [UInt8], record: RecordIdentifier? = nil, context: [UInt8]? = nil, nonce: [UInt8]? = nil
    ) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: try #require(sealedCount(plaintextCount: plaintext.count)))
        try output.withUnsafeMutableBytes { output in
            try plaintext.withUnsafeBytes { plaintext in
                try withOptional(record?.bytes) { record in
                    try withOptional(context) { context in
                        try seal(plaintext, recordID: record, context: context, into: output) {
                            target throws(CryptoError) in
                            if let nonce { target.copyBytes(from: nonce) } else { try NonceSource().draw(into: target) }
                        }
                    }
                }
            }
        }
        return output
    }

    func open(
        _ sealed: [UInt8], record: RecordIdentifier? = nil, context: [UInt8]? = nil
    ) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: openedCount(sealedCount: sealed.count) ?? 0)
        try output.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { sealed in
                try withOptional(record?.bytes) { record in
                    try withOptional(context) { context in
                        try open(sealed, recordID: record, context: context, into: output)
                    }
                }
            }
        }
        return output
    }
}

func withOptional<Result>(
    _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> Result
) throws -> Result {
    guard let bytes else { return try body(nil) }
    return try bytes.withUnsafeBytes { try body($0) }
}

/// Runs `body` and answers the code it was refused with; nil when it passed.
func refusal(_ body: () throws -> Void) -> CryptoError.Code? {
    do { try body() } catch { return (error as? CryptoError)?.code }
    return nil
}
