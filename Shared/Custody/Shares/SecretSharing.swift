internal import FieldsealSecureMemory

/// Shamir's sharing over GF(256): byte by byte a random polynomial whose value at 0 is the secret's, and whose values at 1
/// to n are the shares'. Any k shares give the secret; fewer say nothing of it.
enum SecretSharing {
    /// The values of shares 1 to `count`, each as long as the secret.
    static func split(
        _ secret: borrowing SecretBytes, threshold: Int, count: Int
    ) throws(SecureMemoryError) -> [SharedSecret] {
        precondition((1...255).contains(count) && (1...count).contains(threshold))
        // The coefficients of x¹ to xᵏ⁻¹, one run of the secret's length each.
        let length = secret.count
        let coefficients = try SecretBytes.random(count: (threshold - 1) * length)
        var shares: [SharedSecret] = []
        for index in 1...count {
            let x = UInt8(truncatingIfNeeded: index)
            var share = try SecretBytes(count: length)
            share.withUnsafeMutableBytes { share in
                secret.withUnsafeBytes { secret in
                    coefficients.withUnsafeBytes { coefficients in
                        for byte in 0..<length {
                            var value: UInt8 = 0
                            for power in (0..<(threshold - 1)).reversed() {
                                value = GaloisField.multiply(value, x) ^ coefficients[power * length + byte]
                            }
                            share[byte] = GaloisField.multiply(value, x) ^ secret[byte]
                        }
                    }
                }
            }
            shares.append(SharedSecret(share))
        }
        return shares
    }

    /// The polynomial's value at 0. Fewer shares than the threshold, or shares of several secrets, give another secret,
    /// which the caller must notice.
    ///
    /// - Parameter shares: distinct indexes from 1, values of one length.
    static func combine(_ shares: [(index: UInt8, value: SharedSecret)]) throws(SecureMemoryError) -> SecretBytes {
        let length = shares.first?.value.bytes.count ?? 0
        var secret = try SecretBytes(count: length)
        for (index, value) in shares {
            precondition(index != 0 && value.bytes.count == length)
            var weight: UInt8 = 1
            for (other, _) in shares where other != index {
                weight = GaloisField.multiply(
                    weight, GaloisField.multiply(other, GaloisField.inverse(other ^ index)))
            }
            secret.withUnsafeMutableBytes { secret in
                value.bytes.withUnsafeBytes { value in
                    for byte in 0..<length { secret[byte] ^= GaloisField.multiply(value[byte], weight) }
                }
            }
        }
        return secret
    }
}
