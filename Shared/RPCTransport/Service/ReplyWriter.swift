public import FieldsealRPC
internal import NIOCore

/// Writes the payload of one reply in place, behind the frame header and the response envelope.
public struct ReplyWriter: ~Copyable {
    var buffer: ByteBuffer
    /// Where the current reply's frame begins in `buffer`.
    private var start = 0
    private var stream: UInt32 = 0
    private(set) var hasPayload = false

    init(buffer: ByteBuffer) { self.buffer = buffer }

    /// A writer without a connection, to test handlers; `payload` shows what was written.
    public init() { self.init(buffer: ByteBuffer()) }

    /// What was written; empty where nothing was.
    public var payload: [UInt8] { [] }

    /// The largest payload a reply may carry, in bytes.
    public static let maximumPayload = ResponseEnvelope.maximumPayload

    /// Writes a payload of exactly `count` bytes. At most once a reply; without it the reply is empty.
    ///
    /// - Parameter write: fills the whole of the uninitialised memory that it is given. Where it throws, nothing is kept.
    /// - Throws: `RESOURCE_EXHAUSTED` over `maximumPayload`, or what `write` throws.
    public mutating func reserve(
        _ count: Int, _ write: (UnsafeMutableRawBufferPointer) throws(RPCStatus) -> Void
    ) throws(RPCStatus) {
        try reserve(atMost: count) { (memory) throws(RPCStatus) in
            try write(memory)
            return count
        }
    }

    /// Writes a payload of at most `capacity` bytes; `write` returns how many it filled from the start.
    ///
    /// - Throws: `RESOURCE_EXHAUSTED` over `maximumPayload`, or what `write` throws.
    public mutating func reserve(
        atMost capacity: Int, _ write: (UnsafeMutableRawBufferPointer) throws(RPCStatus) -> Int
    ) throws(RPCStatus) {
        precondition(!hasPayload, "a reply has one payload")
        guard capacity >= 0, capacity <= Self.maximumPayload else { throw .resourceExhausted("reply too large") }
        fatalError("unfinished")
    }

    /// Writes a payload.
    ///
    /// - Throws: `RESOURCE_EXHAUSTED` over `maximumPayload`.
    public mutating func write(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        try reserve(payload.count) { $0.copyMemory(from: payload) }
    }

    /// Writes a payload.
    ///
    /// - Throws: `RESOURCE_EXHAUSTED` over `maximumPayload`.
    public mutating func write(_ payload: [UInt8]) throws(RPCStatus) {
        try reserve(payload.count) { $0.copyBytes(from: payload) }
    }
}
