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
        /// A subject key took part; its id follows the first twelve bytes.
        public static let subjectKey = Flags(rawValue: 4)
        /// The value was padded to a bucket. Assigned, not in use.
        public static let padded = Flags(rawValue: 8)
        /// A context is authenticated.
        public static let context = Flags(rawValue: 16)

        /// The flags that this implementation opens.
        public static let supported: Flags = [.rowBound, .recordKey, .subjectKey, .context]
    }

    /// How the value was sealed.
    public enum Form: Hashable, Sendable {
        /// Under one version of the key, in its suite.
        case plain(CipherSuite)
        /// Suite 6: under two versions, of which `before` is the older.
        case dual(before: KeyVersion)
    }

    public static let formatByte: UInt8 = 0xF5
    /// Bytes in front of the subject key's id, which every value has. A multiple of 3, so that SQL reads the version from
    /// text as well.
    public static let fixedCount = 12
    /// The suite byte of dual values.
    static let dualSuite: UInt8 = 6

    public let form: Form
    public let flags: Flags
    /// The version that seals; of a dual value the newer one.
    public let version: KeyVersion
    /// The id of the subject key; present exactly when the flags say so.
    public let subject: ObjectID?

    /// - Parameter flags: `.subjectKey` is added where there is a subject.
    public init(form: Form, flags: Flags, version: KeyVersion, subject: ObjectID? = nil) {
        self.form = form
        self.flags = subject == nil ? flags.subtracting(.subjectKey) : flags.union(.subjectKey)
        self.version = version
        self.subject = subject
    }

    public init(suite: CipherSuite, flags: Flags, version: KeyVersion, subject: ObjectID? = nil) {
        self.init(form: .plain(suite), flags: flags, version: version, subject: subject)
    }

    /// The suite of a value that one version sealed; nil of a dual one.
    @inlinable
    public var suite: CipherSuite? {
        if case .plain(let suite) = form { suite } else { nil }
    }

    /// Bytes of the header: 12, or 28 with a subject key's id.
    @inlinable
    public var count: Int { subject == nil ? Self.fixedCount : Self.fixedCount + ObjectID.byteCount }

    /// Bytes that sealing adds, those of the header among them.
    public var overhead: Int {
        switch form {
        case .plain(let suite): count + suite.overhead
        case .dual: count + DualCipher.overhead
        }
    }

    /// Reads the header of a sealed value in its binary form.
    ///
    /// - Throws: ``CryptoError`` `.malformed`, `.suite` or `.flags`.
    public init(reading sealed: UnsafeRawBufferPointer) throws(CryptoError) {
        guard sealed.count >= Self.fixedCount, sealed[0] == Self.formatByte, sealed[11] == 0 else {
            throw CryptoError(.malformed)
        }
        let suite = CipherSuite(rawValue: sealed[1])
        guard suite != nil || sealed[1] == Self.dualSuite else { throw CryptoError(.suite) }
        let flags = Flags(rawValue: sealed[2])
        guard Flags.supported.isSuperset(of: flags) else { throw CryptoError(.flags) }
        let rawVersion = UInt64(bigEndian: sealed.loadUnaligned(fromByteOffset: 3, as: UInt64.self))
        guard let version = KeyVersion(rawValue: rawVersion) else { throw CryptoError(.malformed) }
        var count = Self.fixedCount
        var subject: ObjectID?
        if flags.contains(.subjectKey) {
            subject = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: sealed[count...].prefix(ObjectID.byteCount)))
            guard subject != nil else { throw CryptoError(.malformed) }
            count += ObjectID.byteCount
        }
        if let suite {
            guard sealed.count >= count + suite.overhead else { throw CryptoError(.malformed) }
            self.init(form: .plain(suite), flags: flags, version: version, subject: subject)
        } else {
            guard sealed.count >= count + DualCipher.overhead else { throw CryptoError(.malformed) }
            let rawBefore = UInt64(bigEndian: sealed.loadUnaligned(fromByteOffset: count, as: UInt64.self))
            guard let before = KeyVersion(rawValue: rawBefore), before != version else {
                throw CryptoError(.malformed)
            }
            self.init(form: .dual(before: before), flags: flags, version: version, subject: subject)
        }
    }

    /// Writes the header's ``count`` bytes to the front of `output`, which has room for them.
    public func write(to output: UnsafeMutableRawBufferPointer) {
        output[0] = Self.formatByte
        output[1] = suite?.rawValue ?? Self.dualSuite
        output[2] = flags.rawValue
        output.storeBytes(of: version.rawValue.bigEndian, toByteOffset: 3, as: UInt64.self)
        output[11] = 0
        guard let subject else { return }
        output.storeBytes(of: subject.high.bigEndian, toByteOffset: 12, as: UInt64.self)
        output.storeBytes(of: subject.low.bigEndian, toByteOffset: 20, as: UInt64.self)
    }

    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { output, count in
            write(to: UnsafeMutableRawBufferPointer(output))
            count = self.count
        }
    }
}
