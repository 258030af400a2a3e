/// Why a spool cannot be opened, or why it failed while it was in use. The latter ends the process: what the disk did
/// with the last records is unknown, and only a restart reads them anew.
public struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        enum Value { case inUse, foreign, damaged, replaced, disk, noSpace, notFound, configuration, signing }
        let value: Value

        /// Another process holds the lock.
        public static let inUse = Self(value: .inUse)
        /// The directory belongs to another producer.
        public static let foreign = Self(value: .foreign)
        /// A record that had been durable does not match its checksum, or a file is missing or not one of ours.
        public static let damaged = Self(value: .damaged)
        /// A file was removed or replaced while it was in use.
        public static let replaced = Self(value: .replaced)
        /// The file system failed.
        public static let disk = Self(value: .disk)
        /// The disk is full.
        public static let noSpace = Self(value: .noSpace)
        /// A file of the spool is missing.
        public static let notFound = Self(value: .notFound)
        /// A block cannot be signed.
        public static let signing = Self(value: .signing)
        /// A setting is out of its range.
        public static let configuration = Self(value: .configuration)
    }

    public let code: Code
    public let description: String

    static func damaged(_ what: String) -> Self {
        Self(
            code: .damaged,
            description:
                "audit spool: \(what); keep the directory as evidence and start with an empty one: the log will show the gap"
        )
    }

    static func mismatch(_ name: String, at byte: Int) -> Self {
        .damaged("\(name) does not match its checksums at byte \(byte)")
    }

    static func signing(_ what: String) -> Self {
        Self(code: .signing, description: "audit spool: \(what)")
    }

    static func replaced(_ name: String) -> Self {
        Self(code: .replaced, description: "audit spool: \(name) was removed or replaced while in use")
    }
}
