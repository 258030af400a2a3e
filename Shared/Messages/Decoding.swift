import CFieldsealProtobuf
import CFieldsealProtobufC

// An empty `bytes` of protobuf-c is {0, NULL}, an empty `repeated` (0, NULL).

extension ProtobufCBinaryData {
    var buffer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(data), count: data == nil ? 0 : len)
    }
}

func decodeBytes(_ c: ProtobufCBinaryData) -> [UInt8] {
    [UInt8](c.buffer)
}

func decodeText(_ c: ProtobufCBinaryData) throws(MessageError) -> String {
    guard let text = String(validating: c.buffer, as: UTF8.self) else { throw MessageError(.invalidText) }
    return text
}

func decodeEnumeration<Value: ProtoEnumeration>(_ raw: UInt32) throws(MessageError) -> Value {
    guard let value = Value(rawValue: Int32(bitPattern: raw)) else { throw MessageError(.unknownEnumerationValue) }
    return value
}

func decodeMessage<Message: CMessageConvertible>(
    _ c: UnsafeMutablePointer<Message.CMessage>?
) throws(MessageError) -> Message? {
    guard let c else { return nil }
    return try Message(c.pointee)
}

func decodeChosenMessage<Message: CMessageConvertible>(
    _ c: UnsafeMutablePointer<Message.CMessage>?
) throws(MessageError) -> Message {
    guard let c else { throw MessageError(.malformed) }
    return try Message(c.pointee)
}

func decodeMessages<Message: CMessageConvertible>(
    _ c: UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>?, _ count: Int
) throws(MessageError) -> [Message] {
    var messages: [Message] = []
    messages.reserveCapacity(count)
    for element in UnsafeBufferPointer(start: c, count: c == nil ? 0 : count) {
        guard let element else { throw MessageError(.malformed) }
        messages.append(try Message(element.pointee))
    }
    return messages
}

func decodeByteStrings(_ c: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [[UInt8]] {
    UnsafeBufferPointer(start: c, count: c == nil ? 0 : count).map(decodeBytes)
}

func decodeTexts(_ c: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) throws(MessageError) -> [String] {
    var texts: [String] = []
    for element in UnsafeBufferPointer(start: c, count: c == nil ? 0 : count) {
        texts.append(try decodeText(element))
    }
    return texts
}

func decodeNumbers<Number: FixedWidthInteger>(_ c: UnsafeMutablePointer<Number>?, _ count: Int) -> [Number] {
    Array(UnsafeBufferPointer(start: c, count: c == nil ? 0 : count))
}

/// protobuf-c's enums are of the size of an int.
func decodeEnumerations<Value: ProtoEnumeration>(
    _ c: UnsafeRawPointer?, _ count: Int
) throws(MessageError) -> [Value] {
    var values: [Value] = []
    for raw in UnsafeBufferPointer(start: c?.assumingMemoryBound(to: UInt32.self), count: c == nil ? 0 : count) {
        values.append(try decodeEnumeration(raw))
    }
    return values
}
