/// The kinds of a ttrpc frame.
public struct FrameKind: RawRepresentable, Sendable, Hashable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let request = Self(rawValue: 1)
    public static let response = Self(rawValue: 2)
    public static let data = Self(rawValue: 3)
}

/// The flags of a ttrpc frame.
public struct FrameFlags: OptionSet, Sendable, Hashable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The sender writes no more on this stream.
    public static let remoteClosed = Self(rawValue: 0x01)
    /// The sender will write data frames on this stream.
    public static let remoteOpen = Self(rawValue: 0x02)
    /// The frame carries no message, not even an empty one.
    public static let noData = Self(rawValue: 0x04)
    /// Every flag that the protocol knows.
    public static let known: Self = [.remoteClosed, .remoteOpen, .noData]
}

/// The ten bytes before each frame's body: u32be length, u32be stream, u8 kind, u8 flags.
public struct FrameHeader: Sendable, Hashable {
    /// Bytes of a header.
    public static let size = 10
    /// The longest body a frame may carry: 4 MiB.
    public static let maximumLength = 4_194_304

    public var length: UInt32
    public var stream: UInt32
    public var kind: FrameKind
    public var flags: FrameFlags

    @inlinable
    public init(length: UInt32, stream: UInt32, kind: FrameKind, flags: FrameFlags = []) {
        self.length = length
        self.stream = stream
        self.kind = kind
        self.flags = flags
    }

    /// Reads a header; nil where fewer than ten bytes are there.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size else { return nil }
        self.init(
            length: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)),
            stream: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
            kind: FrameKind(rawValue: bytes[8]), flags: FrameFlags(rawValue: bytes[9]))
    }

    /// Writes ten bytes at the start of `target`, which must hold as many.
    @inlinable
    public func store(into target: UnsafeMutableRawBufferPointer) {
        target.storeBytes(of: length.bigEndian, toByteOffset: 0, as: UInt32.self)
        target.storeBytes(of: stream.bigEndian, toByteOffset: 4, as: UInt32.self)
        target[8] = kind.rawValue
        target[9] = flags.rawValue
    }
}
