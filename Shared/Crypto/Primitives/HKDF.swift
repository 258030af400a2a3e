public import FieldsealSecureMemory

/// HKDF-SHA256 (RFC 5869).
public enum HKDF {
    /// The longest output of ``expand(_:info:count:)``, in bytes.
    public static let maximumCount = 255 * 32

    /// HKDF-Extract: a 32-byte pseudorandom key.
    public static func extract(
        salt: UnsafeRawBufferPointer, keyMaterial: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        try extract(keyMaterial, by: try HMACSHA256(key: salt))
    }

    private static func extract(
        _ keyMaterial: borrowing SecretBytes, by mac: HMACSHA256
    ) throws(CryptoError) -> SecretBytes {
        var key = try SecretBytes.zeros(32)
        try keyMaterial.withUnsafeBytes { material throws(CryptoError) in try mac.update(material) }
        try key.withUnsafeMutableBytes { output throws(CryptoError) in try mac.finish(into: output) }
        return key
    }

    /// HKDF-Expand: `count` bytes (1 to 8,160) from a pseudorandom key.
    public static func expand(
        _ key: borrowing SecretBytes, info: [UInt8], count: Int
    ) throws(CryptoError) -> SecretBytes {
        try expand(by: try HMACSHA256(key: key), info: info, count: count)
    }

    private static func expand(by mac: HMACSHA256, info: [UInt8], count: Int) throws(CryptoError) -> SecretBytes {
        guard (1...maximumCount).contains(count) else { throw CryptoError(.size) }
        var block = try SecretBytes.zeros(32)
        var output = try SecretBytes.zeros(count)
        for index in 0..<((count + 31) / 32) {
            if index > 0 { try block.withUnsafeBytes { block throws(CryptoError) in try mac.update(block) } }
            try mac.update(info)
            try mac.update([UInt8(index + 1)])
            try block.withUnsafeMutableBytes { block throws(CryptoError) in
                try mac.finish(into: block)
                output.withUnsafeMutableBytes { output in
                    let rest = UnsafeMutableRawBufferPointer(rebasing: output[(index * 32)...])
                    rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: block.prefix(rest.count)))
                }
            }
        }
        return output
    }

    /// Extract and expand in one.
    public static func derive(
        _ keyMaterial: borrowing SecretBytes, salt: UnsafeRawBufferPointer, info: [UInt8], count: Int
    ) throws(CryptoError) -> SecretBytes {
        let mac = try HMACSHA256(key: salt)
        let extracted = try extract(keyMaterial, by: mac)
        try extracted.withUnsafeBytes { key throws(CryptoError) in try mac.setKey(key) }
        return try expand(by: mac, info: info, count: count)
    }
}

extension UnsafeRawBufferPointer {
    static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
