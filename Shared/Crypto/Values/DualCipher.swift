internal import CFieldsealPlatform
public import FieldsealSecureMemory

/// Suite 6: values that two versions of a field's key seal at once, during the transition from one to the other. Either
/// opens them, so a rotation can be taken back, and a replica that cannot reach key management reads what the others
/// wrote. They are as strong as the weaker version.
///
/// header (newer version) ‖ older version (8) ‖ content key wrapped under the newer (72) ‖ under the older version (72)
/// ‖ commitment to the content key (32) ‖ ciphertext ‖ tag (16). The content key is fresh for each value and random
/// nonces are of 192 bits, so there is no limit to count. Keyed once, reusable, for one event loop alone; buffers for
/// input and output must not overlap.
public final class DualCipher {
    /// Bytes of a wrapped content key: nonce, key and tag of XAES-256-GCM.
    static let wrapCount = 24 + 32 + 16
    static let commitmentCount = 32
    /// Bytes that sealing adds besides the header.
    public static let overhead = KeyVersion.byteCount + 2 * wrapCount + commitmentCount + CipherSuite.tagCount

    private static let commitmentLabel: StaticString = "fieldseal/v1 dual commitment"
    /// A content key seals one value only, so the nonce is fixed.
    private static let zeroNonce = [UInt8](repeating: 0, count: 12)

    public let field: ObjectID
    public let version: KeyVersion
    public let options: FieldCipher.Options
    /// The id of the subject key that takes part.
    public let subject: ObjectID?

    private let wrapping: ValueKey
    private let associatedData: AssociatedData
    private let body: AEADContext
    private let commitment: HMACSHA256
    private let commitmentInfo: [UInt8]
    private let work: SecretBytes
    private let contentKey: UnsafeMutableRawBufferPointer
    private let computed: UnsafeMutableRawBufferPointer

    /// - Parameters:
    ///   - key: the field encryption key, 32 bytes; use keys are derived from it and it is not kept.
    ///   - version: this key's version.
    ///   - options: those of this version; the other version's are the same.
    ///   - subject: whose values they are; nil where the field has no subject keys.
    public init(
        key: borrowing SecretBytes, version: KeyVersion, field: ObjectID, options: FieldCipher.Options,
        subject: SubjectKey? = nil
    ) throws(CryptoError) {
        self.field = field
        self.version = version
        self.options = options
        self.subject = subject?.id
        wrapping = try ValueKey(
            of: key, use: .dual, suite: .xaes256GCM, number: CiphertextHeader.dualSuite, field: field,
            isPerRecord: options.contains(.recordKeys), subject: subject)
        // The versions are those of each value.
        associatedData = AssociatedData(
            header: CiphertextHeader(
                form: .dual(before: version), flags: options.flags, version: version, subject: subject?.id),
            field: field)
        body = try AEADContext(Algorithm.aes256GCM)
        work = try SecretBytes.zeros(32 + Self.commitmentCount)
        guard let start = work.unsafeStart else { throw CryptoError(.memory) }
        contentKey = UnsafeMutableRawBufferPointer(start: start, count: 32)
        computed = UnsafeMutableRawBufferPointer(start: start + 32, count: Self.commitmentCount)
        commitment = try HMACSHA256(key: UnsafeRawBufferPointer(contentKey))
        var info: [UInt8] = []
        info.append(label: Self.commitmentLabel)
        info.append(1)
        commitmentInfo = info
    }

    /// The size of a sealed value in its binary form; nil when the plaintext is too long.
    public func sealedCount(plaintextCount: Int) -> Int? {
        guard (0...CipherSuite.maximumPlaintextCount).contains(plaintextCount) else { return nil }
        return valueOverhead + plaintextCount
    }

    /// The size of the plaintext in a sealed value of this size; nil when it cannot be one.
    public func openedCount(sealedCount: Int) -> Int? {
        let (count, overflow) = sealedCount.subtractingReportingOverflow(valueOverhead)
        return !overflow && (0...CipherSuite.maximumPlaintextCount).contains(count) ? count : nil
    }

    private var valueOverhead: Int {
        CiphertextHeader.fixedCount + (subject == nil ? 0 : ObjectID.byteCount) + Self.overhead
    }

    /// Seals a value under this version and the one before it.
    ///
    /// - Parameters:
    ///   - before: the cipher of the older version, of the same field, options and subject.
    ///   - output: exactly ``sealedCount(plaintextCount:)`` bytes.
    /// - Throws: ``CryptoError`` `.parameter` when a record id is missing or `before` does not match; `.size` when
    ///   something is too long.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, before: DualCipher, recordID: UnsafeRawBufferPointer?,
        context: UnsafeRawBufferPointer?, nonces: NonceSource, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        // A repeated content key would be a repeated nonce: it comes from the kernel, not from a block that was drawn before.
        try seal(
            plaintext, before: before, recordID: recordID, context: context, into: output,
            drawKey: { key throws(CryptoError) in try SecureRandom.fill(key) },
            drawNonce: { nonce throws(CryptoError) in try nonces.draw(into: nonce) })
    }

    func seal(
        _ plaintext: UnsafeRawBufferPointer, before: DualCipher, recordID: UnsafeRawBufferPointer?,
        context: UnsafeRawBufferPointer?, into output: UnsafeMutableRawBufferPointer,
        drawKey: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void,
        drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard before.field == field, before.options == options, before.subject == subject, before.version != version
        else { throw CryptoError(.parameter) }
        guard output.count == sealedCount(plaintextCount: plaintext.count), let start = output.baseAddress else {
            throw CryptoError(.size)
        }
        defer { forget() }
        let header = CiphertextHeader(
            form: .dual(before: before.version), flags: options.flags, version: version, subject: subject
        ).with(context)
        let data = try buildAssociatedData(header, before: before.version, recordID, context)
        let parts = Parts(start, header: header, plaintextCount: plaintext.count)
        header.write(to: output)
        output.storeBytes(of: before.version.rawValue.bigEndian, toByteOffset: header.count, as: UInt64.self)
        try drawKey(contentKey)
        let key = UnsafeRawBufferPointer(contentKey)
        try wrap(key, recordID, data, into: parts.newer, drawNonce)
        try before.wrap(key, recordID, data, into: parts.older, drawNonce)
        try commit(into: UnsafeMutableRawBufferPointer(start: parts.commitment, count: Self.commitmentCount))
        try body.seal(
            key: contentKey.baseAddress, nonce: Self.zeroNonce, associatedData: associatedData.add(parts.wraps),
            plaintext: plaintext, ciphertext: parts.ciphertext, tag: parts.tag)
    }

    /// Opens a sealed value in its binary form, whichever of its two versions this is; on failure the output is wiped.
    ///
    /// - Parameter output: exactly ``openedCount(sealedCount:)`` bytes.
    /// - Throws: ``CryptoError``; `isRejection` tells the ciphertext's fault from the caller's.
    public func open(
        _ sealed: UnsafeRawBufferPointer, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        let header = try CiphertextHeader(reading: sealed)
        guard case .dual(let before) = header.form else { throw CryptoError(.suite) }
        guard header.version == version || before == version else { throw CryptoError(.version) }
        let flags = CiphertextHeader(form: header.form, flags: options.flags, version: version, subject: subject)
            .with(context).flags
        guard header.flags == flags else { throw CryptoError(.flags) }
        guard header.subject == subject else { throw CryptoError(.subject) }
        // Nothing is written for an empty plaintext.
        guard output.count == openedCount(sealedCount: sealed.count), let start = sealed.baseAddress,
            let plaintext = output.baseAddress ?? computed.baseAddress
        else { throw CryptoError(.size) }
        defer { forget() }
        let data = try buildAssociatedData(header, before: before, recordID, context)
        // Only read through.
        let parts = Parts(UnsafeMutableRawPointer(mutating: start), header: header, plaintextCount: output.count)
        let wrapped = UnsafeRawBufferPointer(
            start: header.version == version ? parts.newer : parts.older, count: Self.wrapCount)
        try wrapping.withCipher(for: recordID) { cipher throws(CryptoError) in
            try cipher.open(wrapped, associatedData: data, into: contentKey)
        }
        try commit(into: computed)
        let isCommitted = computed.baseAddress.map { fieldseal_equal($0, parts.commitment, Self.commitmentCount) }
        let ciphertext = UnsafeRawBufferPointer(start: parts.ciphertext, count: output.count)
        let isAuthentic = try body.open(
            key: contentKey.baseAddress, nonce: Self.zeroNonce, associatedData: associatedData.add(parts.wraps),
            ciphertext: ciphertext, tag: parts.tag, plaintext: plaintext)
        guard isCommitted == true else {
            wipe(output)
            throw CryptoError(.commitment)
        }
        guard isAuthentic else { throw CryptoError(.tag) }
    }

    private func wrap(
        _ key: UnsafeRawBufferPointer, _ recordID: UnsafeRawBufferPointer?, _ data: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawPointer,
        _ drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        let output = UnsafeMutableRawBufferPointer(start: output, count: Self.wrapCount)
        try wrapping.withCipher(for: recordID) { cipher throws(CryptoError) in
            try cipher.seal(key, associatedData: data, into: output, drawNonce: drawNonce)
        }
    }

    /// HKDF-Expand(content key, label, 32).
    private func commit(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        try commitment.setKey(UnsafeRawBufferPointer(contentKey))
        try commitment.update(commitmentInfo)
        try commitment.finish(into: output)
    }

    private func forget() {
        wipe(contentKey)
        wipe(computed)
        fieldseal_wipe_stack()
    }

    private func buildAssociatedData(
        _ header: CiphertextHeader, before: KeyVersion, _ recordID: UnsafeRawBufferPointer?,
        _ context: UnsafeRawBufferPointer?
    ) throws(CryptoError) -> UnsafeRawBufferPointer {
        let isBound = options.contains(.rowBound)
        guard !isBound || recordID != nil else { throw CryptoError(.parameter) }
        return try associatedData.build(
            header: header, before: before, recordID: isBound ? recordID : nil, context: context)
    }
}

extension DualCipher {
    /// Where the parts of a sealed value stand.
    private struct Parts {
        let newer: UnsafeMutableRawPointer
        let plaintextCount: Int

        init(_ sealed: UnsafeMutableRawPointer, header: CiphertextHeader, plaintextCount: Int) {
            newer = sealed + header.count + KeyVersion.byteCount
            self.plaintextCount = plaintextCount
        }

        var older: UnsafeMutableRawPointer { newer + wrapCount }
        var wraps: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: newer, count: 2 * wrapCount) }
        var commitment: UnsafeMutableRawPointer { older + wrapCount }
        var ciphertext: UnsafeMutableRawPointer { commitment + commitmentCount }
        var tag: UnsafeMutableRawPointer { ciphertext + plaintextCount }
    }
}
