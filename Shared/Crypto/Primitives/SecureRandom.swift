internal import CFieldsealPlatform

/// The kernel's CSPRNG, getrandom(2): it holds no state in the process that a cloned machine could repeat.
public enum SecureRandom {
    public static func fill(_ output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard let start = output.baseAddress else { return }
        guard fieldseal_random(start, output.count) == 0 else { throw CryptoError(.library) }
    }

    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let error = fieldseal_random(&bytes, count)
        guard error == 0 else { throw CryptoError(.library) }
        return bytes
    }
}
