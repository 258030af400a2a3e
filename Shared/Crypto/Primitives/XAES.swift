internal import CFieldsealPlatform
internal import FieldsealSecureMemory

/// XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the value's 24-byte nonce by CMAC in counter mode
/// (NIST SP 800-108), optionally with a commitment to the key (eprint 2025/758).
///
/// All CMACs here are over one or two whole blocks, so plain AES gives them: a block for each half of the derived key;
/// for the commitment, a first block that both halves share, and a second one each. Not thread-safe.
final class XAES {
    private let blocks: BlockCipher
    private let aead: AEADContext
    private let isCommitting: Bool
    private let work: Workspace

    init(committing: Bool) throws(CryptoError) {
        blocks = try BlockCipher()
        aead = try AEADContext(Algorithm.aes256GCM)
        isCommitting = committing
        work = try Workspace()
    }

    /// - Parameter key: 32 bytes.
    func setKey(_ key: UnsafeRawPointer) throws(CryptoError) {
        try blocks.setKey(key)
        Block().write(to: work.subkey)
        try blocks.encrypt(UnsafeMutableRawBufferPointer(start: work.subkey, count: 16))
        Block(work.subkey).doubled.write(to: work.subkey)
    }

    /// - Parameters:
    ///   - nonce: 24 bytes.
    ///   - commitment: room for 32 bytes where the suite commits.
    func seal(
        nonce: UnsafeRawPointer, associatedData: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        commitment: UnsafeMutableRawPointer, ciphertext: UnsafeMutableRawPointer, tag: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        defer { work.wipeDerived() }
        try derive(nonce)
        if isCommitting { commitment.copyMemory(from: work.commitment, byteCount: 32) }
        try aead.seal(
            key: work.derivedKey, nonce: nonce + 12, associatedData: associatedData, plaintext: plaintext,
            ciphertext: ciphertext, tag: tag)
    }

    /// Opens in the same time whether the commitment or the tag fails.
    func open(
        nonce: UnsafeRawPointer, associatedData: UnsafeRawBufferPointer, commitment: UnsafeRawPointer,
        ciphertext: UnsafeRawBufferPointer, tag: UnsafeRawPointer, plaintext: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        defer { work.wipeDerived() }
        try derive(nonce)
        let isCommitted = !isCommitting || fieldseal_equal(commitment, work.commitment, 32)
        let isAuthentic = try aead.open(
            key: work.derivedKey, nonce: nonce + 12, associatedData: associatedData, ciphertext: ciphertext, tag: tag,
            plaintext: plaintext)
        guard isCommitted else {
            fieldseal_wipe(plaintext, ciphertext.count)
            throw CryptoError(.commitment)
        }
        guard isAuthentic else { throw CryptoError(.tag) }
    }

    private func derive(_ nonce: UnsafeRawPointer) throws(CryptoError) {
        // 00 01 'X' 00 ‖ nonce[:12], 00 02 'X' 00 ‖ nonce[:12]
        for half in 0..<2 {
            let block = work.derivedKey + half * 16
            block.storeBytes(of: (0x0001_5800 + UInt32(half) << 16).bigEndian, as: UInt32.self)
            (block + 4).copyMemory(from: nonce, byteCount: 12)
            (Block(block) ^ Block(work.subkey)).write(to: block)
        }
        guard isCommitting else {
            return try blocks.encrypt(UnsafeMutableRawBufferPointer(start: work.derivedKey, count: 32))
        }
        // 'XCMT' ‖ nonce[:12] | nonce[12:] ‖ 00 01 00 01, nonce[12:] ‖ 00 01 00 02
        work.commitment.storeBytes(of: UInt32(0x5843_4D54).bigEndian, as: UInt32.self)
        (work.commitment + 4).copyMemory(from: nonce, byteCount: 12)
        try blocks.encrypt(UnsafeMutableRawBufferPointer(start: work.derivedKey, count: 48))
        let chained = Block(work.commitment) ^ Block(work.subkey)
        for half in 0..<2 {
            let block = work.commitment + half * 16
            block.copyMemory(from: nonce + 12, byteCount: 12)
            block.storeBytes(of: (0x0001_0001 + UInt32(half)).bigEndian, toByteOffset: 12, as: UInt32.self)
            (Block(block) ^ chained).write(to: block)
        }
        try blocks.encrypt(UnsafeMutableRawBufferPointer(start: work.commitment, count: 32))
    }
}

extension XAES {
    /// Locked memory for what depends on the key: CMAC subkey K1 ‖ derived key ‖ commitment.
    private final class Workspace {
        let subkey: UnsafeMutableRawPointer
        var derivedKey: UnsafeMutableRawPointer { subkey + 16 }
        var commitment: UnsafeMutableRawPointer { subkey + 48 }
        private let memory: SecretBytes

        init() throws(CryptoError) {
            memory = try SecretBytes.zeros(16 + 32 + 32)
            guard let start = memory.unsafeStart else { throw CryptoError(.memory) }
            subkey = start
        }

        func wipeDerived() { fieldseal_wipe(derivedKey, 64) }
    }
}
