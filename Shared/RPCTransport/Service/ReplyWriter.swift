public import FieldsealRPC
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Writes the payload of one reply in place, behind the frame header and the response envelope.
public struct ReplyWriter: ~Copyable {
    /// The frames of a burst, one after the other.
    var buffer: ByteBuffer
    private var start = 0
    private var stream: UInt32 = 1
    private var hasPayload = false

    init(buffer: ByteBuffer) { self.buffer = buffer }

    /// A writer without a connection, to test handlers; `payload` shows what was written.
    public init() { self.init(buffer: ByteBuffer()) }

    /// The payload written so far; empty where there is none.
    public var payload: [UInt8] {
        let body = start + FrameHeader.size
        guard hasPayload, body < buffer.writerIndex else { return [] }
        let response = buffer.getBytes(at: body, length: buffer.writerIndex - body)
        return response?.withUnsafeBytes { (try? ResponseEnvelope(decoding: $0)).map { [UInt8]($0.payload) } } ?? []
    }

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
        let body = FrameHeader.size + ResponseEnvelope.overhead(payload: capacity)
        let stream = stream
        var failure: RPCStatus?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: body + capacity) { memory in
            do throws(RPCStatus) {
                let count = try write(UnsafeMutableRawBufferPointer(rebasing: memory[body..<(body + capacity)]))
                precondition((0...capacity).contains(count), "more written than reserved")
                return Self.finish(memory, stream: stream, payload: count, at: body)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        hasPayload = true
    }

    /// Writes header and envelope before a payload that stands at `body`, and moves it where they turn out shorter.
    private static func finish(
        _ memory: UnsafeMutableRawBufferPointer, stream: UInt32, payload count: Int, at body: Int
    ) -> Int {
        let overhead = ResponseEnvelope.overhead(payload: count)
        let target = FrameHeader.size + overhead
        if target != body, count > 0, let base = memory.baseAddress { memmove(base + target, base + body, count) }
        FrameHeader(length: UInt32(overhead + count), stream: stream, kind: .response).store(into: memory)
        ResponseEnvelope.storeOverhead(
            payload: count, into: UnsafeMutableRawBufferPointer(rebasing: memory[FrameHeader.size...]))
        return target + count
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

extension ReplyWriter {
    /// Begins the reply of a stream.
    mutating func begin(_ stream: UInt32) {
        self.stream = stream
        start = buffer.writerIndex
        hasPayload = false
    }

    /// Ends the reply well, with the payload that was written or an empty one.
    mutating func end() {
        if !hasPayload { append(FrameHeader(length: 0, stream: stream, kind: .response), []) }
        hasPayload = false
    }

    /// Drops what was written since `begin`.
    mutating func discard() {
        if hasPayload { buffer.moveWriterIndex(to: start) }
        hasPayload = false
    }

    /// Appends a response that carries a status.
    mutating func append(_ status: RPCStatus, stream: UInt32) {
        let body = ResponseEnvelope.encode(status)
        append(FrameHeader(length: UInt32(body.count), stream: stream, kind: .response), body)
    }

    /// Appends a whole frame.
    mutating func append(_ header: FrameHeader, _ body: [UInt8]) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.size) { memory in
            header.store(into: memory)
            return FrameHeader.size
        }
        buffer.writeBytes(body)
    }
}
