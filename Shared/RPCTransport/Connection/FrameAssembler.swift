internal import FieldsealRPC
internal import NIOCore

/// Gets the frames of a connection.
protocol FrameReceiver: AnyObject {
    /// A frame's header arrived, its body perhaps not. False: stop, nothing further is read.
    func headerReceived(_ header: FrameHeader) -> Bool
    /// A frame arrived. False: stop, nothing further is read.
    func frameReceived(_ header: FrameHeader, _ body: UnsafeRawBufferPointer) -> Bool
}

/// Cuts what is read into frames. Whole frames are handled where they lie; only one that is cut by the end of a read is
/// copied, and its memory grows as its bytes arrive.
struct FrameAssembler {
    private var partial = ByteBuffer()

    /// The beginning of a frame is kept whose end has not arrived.
    var isPartial: Bool { partial.readableBytes > 0 }

    /// - Returns: true where the frame that was partial before is whole now.
    @discardableResult
    mutating func receive(_ bytes: inout ByteBuffer, by receiver: some FrameReceiver) -> Bool {
        let wasPartial = isPartial
        if wasPartial, !complete(&bytes, receiver) { return false }
        let result = bytes.withUnsafeReadableBytes { Self.handle($0, receiver) }
        guard !result.stopped, result.consumed < bytes.readableBytes else { return wasPartial }
        bytes.moveReaderIndex(forwardBy: result.consumed)
        partial.writeBuffer(&bytes)
        return wasPartial
    }

    /// Takes from `bytes` what the partial frame lacks, and hands it over when it is whole.
    ///
    /// - Returns: true where it was handed over and more is wanted.
    private mutating func complete(_ bytes: inout ByteBuffer, _ receiver: some FrameReceiver) -> Bool {
        while bytes.readableBytes > 0 {
            let header = partial.withUnsafeReadableBytes { FrameHeader($0) }
            let size = header.map { FrameHeader.size + Int($0.length) } ?? FrameHeader.size
            let missing = min(size - partial.readableBytes, bytes.readableBytes)
            if var part = bytes.readSlice(length: missing) { partial.writeBuffer(&part) }
            let result = partial.withUnsafeReadableBytes { Self.handle($0, receiver) }
            if result.stopped { return false }
            guard result.consumed > 0 else { continue }
            if partial.capacity > 1 << 16 { partial = ByteBuffer() } else { partial.clear() }
            return true
        }
        return false
    }

    /// Hands over the whole frames at the start of `bytes`.
    private static func handle(
        _ bytes: UnsafeRawBufferPointer, _ receiver: some FrameReceiver
    ) -> (consumed: Int, stopped: Bool) {
        var offset = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard let header = FrameHeader(rest) else { return (offset, false) }
            guard receiver.headerReceived(header) else { return (offset, true) }
            let size = FrameHeader.size + Int(header.length)
            guard rest.count >= size else { return (offset, false) }
            offset += size
            let body = UnsafeRawBufferPointer(rebasing: rest[FrameHeader.size..<size])
            guard receiver.frameReceived(header, body) else { return (offset, true) }
        }
    }
}
