import FieldsealCrypto
import FieldsealSecureMemory

/// AES-256-GCM by libcrypto in a bare loop on one core: what no service can pass.
enum CipherLoop {
    /// Seals or opens values of `size` bytes under one keyed context for about `duration`; operations a second.
    static func rate(opening: Bool, size: Int, duration: Duration) throws -> Double {
        let cipher = try KeyedCipher(suite: .aes256GCM, key: try SecretBytes.random(count: 32))
        let nonces = try NonceSource()
        let header = [UInt8](repeating: 7, count: 64)
        var plain = [UInt8](repeating: 42, count: size)
        var sealed = [UInt8](repeating: 0, count: size + cipher.suite.overhead)
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        try header.withUnsafeBytes { header in
            try plain.withUnsafeMutableBytes { plain in
                try sealed.withUnsafeMutableBytes { sealed in
                    try cipher.seal(UnsafeRawBufferPointer(plain), associatedData: header, nonces: nonces, into: sealed)
                    repeat {
                        for _ in 0..<1000 {
                            if opening {
                                try cipher.open(UnsafeRawBufferPointer(sealed), associatedData: header, into: plain)
                            } else {
                                try cipher.seal(
                                    UnsafeRawBufferPointer(plain), associatedData: header, nonces: nonces, into: sealed)
                            }
                        }
                        count += 1000
                    } while clock.now - start < duration
                }
            }
        }
        return Double(count) / ((clock.now - start) / .seconds(1))
    }
}
