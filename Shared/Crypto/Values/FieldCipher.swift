internal import CFieldsealPlatform
public import FieldsealSecureMemory

/// Seals and opens the values of one field, or of one subject in it, under one version of its key. Keyed once, reusable, for one event loop alone.
///
/// A value is bound to its field, its header and, where the field says so, to its row; and to the caller's context.
/// Buffers for input and output must not overlap.
public final class FieldCipher {
    public struct Options: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Values are bound to their record id, which every call must state.
        public static let rowBound = Options(rawValue: 1)
        /// A key per record is derived; every call must state the record id.
        public static let recordKeys = Options(rawValue: 2)
    }

    /// The longest context, in bytes.
    public static let maximumContextCount = 65_536

    public let field: ObjectID
    public let version: KeyVersion
    public let suite: CipherSuite
    public let options: Options
    /// The id of the subject key that takes part.
    public let subject: ObjectID?

    private let key: ValueKey
    private let associatedData: AssociatedData
    private let header: CiphertextHeader

    /// - Parameters:
    ///   - key: the field encryption key, 32 bytes; use keys are derived from it and it is not kept.
    ///   - subject: whose values they are; nil where the field has no subject keys.
    /// - Throws: ``CryptoError`` `.parameter` for suite 5 with row binding, record keys or a subject.
    public init(
        key: borrowing SecretBytes, version: KeyVersion, field: ObjectID, suite: CipherSuite, options: Options,
        subject: SubjectKey? = nil
    ) throws(CryptoError) {
        guard !suite.isDeterministic || (options.isEmpty && subject == nil) else { throw CryptoError(.parameter) }
        self.field = field
        self.version = version
        self.suite = suite
        self.options = options
        self.subject = subject?.id
        self.key = try ValueKey(
            of: key, use: .seal, suite: suite, number: suite.rawValue, field: field,
            isPerRecord: options.contains(.recordKeys), subject: subject)
        header = CiphertextHeader(suite: suite, flags: options.flags, version: version, subject: subject?.id)
        associatedData = AssociatedData(header: header, field: field)
    }

    /// The size of a sealed value in its binary form; nil when the plaintext is too long.
    public func sealedCount(plaintextCount: Int) -> Int? {
        guard (0...CipherSuite.maximumPlaintextCount).contains(plaintextCount) else { return nil }
        return header.overhead + plaintextCount
    }

    /// The size of the plaintext in a sealed value of this size; nil when it cannot be one of this suite.
    public func openedCount(sealedCount: Int) -> Int? {
        let (count, overflow) = sealedCount.subtractingReportingOverflow(header.overhead)
        return !overflow && (0...CipherSuite.maximumPlaintextCount).contains(count) ? count : nil
    }

    /// Seals a value.
    ///
    /// - Parameters:
    ///   - recordID: the encoding of ``RecordIdentifier``; nil where there is none. Ignored unless the options ask for it.
    ///   - context: what else the value is bound to; nil and empty differ.
    ///   - output: exactly ``sealedCount(plaintextCount:)`` bytes.
    /// - Throws: ``CryptoError`` `.parameter` when a record id is missing; `.size` when something is too long.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?,
        nonces: NonceSource, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        try seal(plaintext, recordID: recordID, context: context, into: output) { nonce throws(CryptoError) in
            try nonces.draw(into: nonce)
        }
    }

    /// Seals a value under the nonce that `drawNonce` writes.
    @inline(__always)
    func seal(
        _ plaintext: UnsafeRawBufferPointer, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer,
        drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard output.count == sealedCount(plaintextCount: plaintext.count) else { throw CryptoError(.size) }
        let header = header.with(context)
        let data = try buildAssociatedData(header.flags, recordID, context)
        let body = UnsafeMutableRawBufferPointer(rebasing: output[header.count...])
        header.write(to: output)
        try key.withCipher(for: recordID) { cipher throws(CryptoError) in
            try cipher.seal(plaintext, associatedData: data, into: body, drawNonce: drawNonce)
        }
    }

    /// Opens a sealed value in its binary form; on failure the output is wiped.
    ///
    /// - Parameter output: exactly ``openedCount(sealedCount:)`` bytes.
    /// - Throws: ``CryptoError``; `isRejection` tells the ciphertext's fault from the caller's.
    public func open(
        _ sealed: UnsafeRawBufferPointer, recordID: UnsafeRawBufferPointer?, context: UnsafeRawBufferPointer?,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        let found = try CiphertextHeader(reading: sealed)
        guard found.version == version else { throw CryptoError(.version) }
        guard found.suite == suite else { throw CryptoError(.suite) }
        guard found.flags == header.with(context).flags else { throw CryptoError(.flags) }
        guard found.subject == subject else { throw CryptoError(.subject) }
        guard output.count == openedCount(sealedCount: sealed.count) else { throw CryptoError(.size) }
        let data = try buildAssociatedData(found.flags, recordID, context)
        let body = UnsafeRawBufferPointer(rebasing: sealed[found.count...])
        try key.withCipher(for: recordID) { cipher throws(CryptoError) in
            try cipher.open(body, associatedData: data, into: output)
        }
    }

    private func buildAssociatedData(
        _ flags: CiphertextHeader.Flags, _ recordID: UnsafeRawBufferPointer?, _ context: UnsafeRawBufferPointer?
    ) throws(CryptoError) -> UnsafeRawBufferPointer {
        let isBound = options.contains(.rowBound)
        guard !isBound || recordID != nil else { throw CryptoError(.parameter) }
        return try associatedData.build(flags: flags, recordID: isBound ? recordID : nil, context: context)
    }
}

extension FieldCipher.Options {
    var flags: CiphertextHeader.Flags {
        var flags: CiphertextHeader.Flags = contains(.rowBound) ? .rowBound : []
        if contains(.recordKeys) { flags.insert(.recordKey) }
        return flags
    }
}

extension CiphertextHeader {
    /// The same header for a value with this context.
    @inline(__always)
    func with(_ context: UnsafeRawBufferPointer?) -> CiphertextHeader {
        guard context != nil else { return self }
        return CiphertextHeader(form: form, flags: flags.union(.context), version: version, subject: subject)
    }
}
