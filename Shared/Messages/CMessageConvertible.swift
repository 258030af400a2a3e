import CFieldsealProtobuf
import CFieldsealProtobufC

typealias Initialise<CMessage> = @Sendable (UnsafeMutablePointer<CMessage>) -> Void
typealias Unpack<CMessage> =
    @Sendable (
        UnsafeMutablePointer<ProtobufCAllocator>, Int, UnsafePointer<UInt8>
    ) -> UnsafeMutablePointer<CMessage>?

/// A Swift value that goes to and from one protobuf-c struct.
protocol CMessageConvertible {
    associatedtype CMessage

    static var initialise: Initialise<CMessage> { get }
    static var unpack: Unpack<CMessage> { get }

    init(_ c: CMessage) throws(MessageError)
    /// Sets the fields of an initialised struct; what they point to lies in `arena`.
    func fill(_ c: UnsafeMutablePointer<CMessage>, in arena: MessageArena)
}

func unpackMessage<Message: CMessageConvertible>(
    _ bytes: UnsafeRawBufferPointer, limit: Int
) throws(MessageError) -> Message {
    let arena = MessageArena(limit: limit)
    let c = try arena.unpack(Message.self, from: bytes)
    return try Message(c.pointee)
}

func packMessage<Message: CMessageConvertible>(_ message: Message) -> [UInt8] {
    let arena = MessageArena(limit: .max)
    let c = arena.message(message)
    return c.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
        let size = protobuf_c_message_get_packed_size(base)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = size == 0 ? 0 : protobuf_c_message_pack(base, buffer.baseAddress)
        }
    }
}

extension MessageArena {
    /// Unpacks one message; the struct and what it points to live until `reset()`.
    func unpack<Message: CMessageConvertible>(
        _: Message.Type, from bytes: UnsafeRawBufferPointer
    ) throws(MessageError) -> UnsafeMutablePointer<Message.CMessage> {
        var placeholder: UInt8 = 0
        let unpacked = withUnsafePointer(to: &placeholder) { placeholder in
            Message.unpack(
                protobufCAllocator, bytes.count,
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? placeholder)
        }
        guard let unpacked else { throw MessageError(isExhausted ? .tooLarge : .malformed) }
        return unpacked
    }
}
