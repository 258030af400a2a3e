/// The front of a sealed value, readable without a key: format byte, suite, flags, key version and a zero byte; then the
/// subject key's id where the flags say so.
public struct CiphertextHeader: Hashable, Sendable {
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The record id is authenticated.
        public static let rowBound = Flags(rawValue: 1)
        /// Sealed under a key derived for the record.
        public static let recordKey = Flags(rawValue: 2)
        /// A subject key took part; its id follows the first twelve bytes. Assigned, not in use.
        public static let subjectKey = Flags(rawValue: 4)
        /// The value was padded to a bucket. Assigned, not in use.
        public static let padded = Flags(rawValue: 8)
        /// A context is authenticated.
        public static let context = Flags(rawValue: 16)

        /// The flags that this implementation opens.
        public static let supported: Flags = [.rowBound, .recordKey, .context]
    }

    public static let formatByte: UInt8 = 0xF5
    public static let byteCount = 12

    public let suite: CipherSuite
    public let flags: Flags
    public let version: KeyVersion

    public init(suite: CipherSuite, flags: Flags, version: KeyVersion) {
        self.suite = suite
        self.flags = flags
        self.version = version
    }

    /// Reads the header of a sealed value in its binary form.
    ///
    /// - Throws: ``CryptoError`` `.malformed`, `.suite` or `.flags`.
    public init(reading sealed: UnsafeRawBufferPointer) throws(CryptoError) {
        guard sealed.count >= Self.byteCount, sealed[0] == Self.formatByte, sealed[11] == 0 else {
            throw CryptoError(.malformed)
        }
        guard let suite = CipherSuite(rawValue: sealed[1]) else { throw CryptoError(.suite) }
        let flags = Flags(rawValue: sealed[2])
        guard Flags.supported.isSuperset(of: flags) else { throw CryptoError(.flags) }
        let rawVersion = UInt64(bigEndian: sealed.loadUnaligned(fromByteOffset: 3, as: UInt64.self))
        guard let version = KeyVersion(rawValue: rawVersion) else { throw CryptoError(.malformed) }
        guard sealed.count >= Self.byteCount + suite.overhead else { throw CryptoError(.malformed) }
        self.init(suite: suite, flags: flags, version: version)
    }

    /// Writes the twelve bytes to the front of `output`, which has room for them.
    public func write(to output: UnsafeMutableRawBufferPointer) {
        output[0] = Self.formatByte
        output[1] = suite.rawValue
        output[2] = flags.rawValue
        output.storeBytes(of: version.rawValue.bigEndian, toByteOffset: 3, as: UInt64.self)
        output[11] = 0
    }

    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { output, count in
            write(to: UnsafeMutableRawBufferPointer(output))
            count = Self.byteCount
        }
    }
}
