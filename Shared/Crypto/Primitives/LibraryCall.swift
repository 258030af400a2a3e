internal import CFieldsealOpenSSL

/// Passes when libcrypto answered success; otherwise drains its error queue and throws.
@inline(__always)
func check(_ result: Int32, else code: CryptoError.Code = .library) throws(CryptoError) {
    guard result == 1 else { throw libraryFailure(code) }
}

/// Passes on what libcrypto made; otherwise drains its error queue and throws.
@inline(__always)
func check<Made>(_ made: Made?) throws(CryptoError) -> Made {
    guard let made else { throw libraryFailure(.library) }
    return made
}

@inline(never)
private func libraryFailure(_ code: CryptoError.Code) -> CryptoError {
    ERR_clear_error()
    return CryptoError(code)
}

/// A size that libcrypto takes as a C int.
@inline(__always)
func length(_ count: Int) throws(CryptoError) -> Int32 {
    guard let length = Int32(exactly: count) else { throw CryptoError(.size) }
    return length
}
