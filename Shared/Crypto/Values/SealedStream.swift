internal import CFieldsealPlatform
public import FieldsealSecureMemory

/// A long text in sealed chunks (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015): a chunk that was
/// changed, left out, repeated or moved does not open, nor does a text whose end was cut off. Not thread-safe.
///
/// AES-256-GCM under HKDF-SHA256(key, no salt, "fieldseal/v1 stream"); the nonce of chunk n, from 0, is 3 zero bytes ‖
/// u64 n ‖ u8 1 for the last chunk and 0 for any other; the associated data are the header. All chunks but the last
/// have ``chunkCount`` bytes; a key seals one stream only.
public final class SealedStream {
    /// Bytes of a chunk before it is sealed.
    public static let chunkCount = 64 << 10
    /// Bytes that sealing adds to a chunk.
    public static let overhead = 16

    private static let label: StaticString = "fieldseal/v1 stream"

    private let aead: AEADContext
    private let header: [UInt8]
    private var position: UInt64 = 0
    private var isEnded = false

    /// - Parameters:
    ///   - key: 32 bytes, for this stream alone.
    ///   - header: authenticated with every chunk.
    public init(key: borrowing SecretBytes, header: [UInt8]) throws(CryptoError) {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.key) }
        var info: [UInt8] = []
        info.append(label: Self.label)
        let derived = try HKDF.derive(key, salt: .empty, info: info, count: 32)
        aead = try AEADContext(Algorithm.aes256GCM)
        self.header = header
        try derived.withUnsafeBytes { key throws(CryptoError) in
            guard let key = key.baseAddress else { throw CryptoError(.key) }
            try aead.setKey(key)
        }
        fieldseal_wipe_stack()
    }

    /// Seals the next chunk.
    public func seal(_ chunk: [UInt8], isLast: Bool) throws(CryptoError) -> [UInt8] {
        guard !isEnded, chunk.count == Self.chunkCount || isLast && chunk.count <= Self.chunkCount else {
            throw CryptoError(.size)
        }
        let nonce = nextNonce(isLast)
        var sealed = [UInt8](repeating: 0, count: chunk.count + Self.overhead)
        try sealed.withMutableBytes { output throws(CryptoError) in
            guard let start = output.baseAddress else { throw CryptoError(.size) }
            try chunk.withBytes { chunk throws(CryptoError) in
                try header.withBytes { header throws(CryptoError) in
                    try nonce.withBytes { nonce throws(CryptoError) in
                        guard let nonce = nonce.baseAddress else { throw CryptoError(.size) }
                        try aead.seal(
                            nonce: nonce, associatedData: header, plaintext: chunk, ciphertext: start,
                            tag: start + chunk.count)
                    }
                }
            }
        }
        return sealed
    }

    /// Opens the next chunk; `.tag` where it is not the one that was sealed at this place.
    public func open(_ sealed: [UInt8], isLast: Bool) throws(CryptoError) -> [UInt8] {
        let count = sealed.count - Self.overhead
        guard !isEnded, count == Self.chunkCount || isLast && (0...Self.chunkCount).contains(count) else {
            throw CryptoError(.size)
        }
        let nonce = nextNonce(isLast)
        // One byte of room at least: an empty buffer has no address.
        var chunk = [UInt8](repeating: 0, count: max(1, count))
        let isAuthentic = try chunk.withMutableBytes { output throws(CryptoError) -> Bool in
            try sealed.withBytes { sealed throws(CryptoError) -> Bool in
                try header.withBytes { header throws(CryptoError) -> Bool in
                    try nonce.withBytes { nonce throws(CryptoError) -> Bool in
                        guard let start = sealed.baseAddress, let output = output.baseAddress,
                            let nonce = nonce.baseAddress
                        else { throw CryptoError(.size) }
                        return try aead.open(
                            nonce: nonce, associatedData: header,
                            ciphertext: UnsafeRawBufferPointer(start: start, count: count), tag: start + count,
                            plaintext: output)
                    }
                }
            }
        }
        guard isAuthentic else { throw CryptoError(.tag) }
        if count == 0 { chunk = [] }
        return chunk
    }

    private func nextNonce(_ isLast: Bool) -> [UInt8] {
        var nonce: [UInt8] = [0, 0, 0]
        nonce.append(bigEndian: position)
        nonce.append(isLast ? 1 : 0)
        position += 1
        isEnded = isLast
        return nonce
    }
}
