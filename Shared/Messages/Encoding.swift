import CFieldsealProtobuf
import CFieldsealProtobufC

func encodeEnumeration(_ value: some ProtoEnumeration) -> UInt32 {
    UInt32(bitPattern: value.rawValue)
}

/// Copies Swift values into protobuf-c structs. Only an arena without a limit is used for it.
extension MessageArena {
    private func array<Element>(_: Element.Type, count: Int) -> UnsafeMutableBufferPointer<Element> {
        guard count > 0 else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
        guard let raw = allocate(count * MemoryLayout<Element>.stride) else { fatalError("out of memory") }
        return UnsafeMutableBufferPointer(start: raw.bindMemory(to: Element.self, capacity: count), count: count)
    }

    func bytes(_ value: some Collection<UInt8>) -> ProtobufCBinaryData {
        guard !value.isEmpty else { return ProtobufCBinaryData(len: 0, data: nil) }
        let copy = array(UInt8.self, count: value.count)
        _ = copy.initialize(from: value)
        return ProtobufCBinaryData(len: copy.count, data: copy.baseAddress)
    }

    func bytes(_ value: String) -> ProtobufCBinaryData {
        bytes(value.utf8)
    }

    func message<Message: CMessageConvertible>(_ value: Message) -> UnsafeMutablePointer<Message.CMessage> {
        guard let c = array(Message.CMessage.self, count: 1).baseAddress else { fatalError("out of memory") }
        Message.initialise(c)
        value.fill(c, in: self)
        return c
    }

    func optionalMessage<Message: CMessageConvertible>(_ value: Message?) -> UnsafeMutablePointer<Message.CMessage>? {
        value.map { message($0) }
    }

    func messages<Message: CMessageConvertible>(
        _ values: [Message]
    ) -> (UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>?, Int) {
        copied(values) { message($0) }
    }

    func byteStrings(_ values: [[UInt8]]) -> (UnsafeMutablePointer<ProtobufCBinaryData>?, Int) {
        copied(values) { bytes($0) }
    }

    func numbers<Number: FixedWidthInteger>(_ values: [Number]) -> (UnsafeMutablePointer<Number>?, Int) {
        copied(values) { $0 }
    }

    func texts(_ values: [String]) -> (UnsafeMutablePointer<ProtobufCBinaryData>?, Int) {
        copied(values) { bytes($0) }
    }

    func enumerations<CValue>(
        _ values: [some ProtoEnumeration], by convert: (UInt32) -> CValue
    ) -> (UnsafeMutablePointer<CValue>?, Int) {
        copied(values) { convert(encodeEnumeration($0)) }
    }

    private func copied<Value, CValue>(
        _ values: [Value], by convert: (Value) -> CValue
    ) -> (UnsafeMutablePointer<CValue>?, Int) {
        let copies = array(CValue.self, count: values.count)
        for (index, value) in values.enumerated() {
            copies.initializeElement(at: index, to: convert(value))
        }
        return (copies.baseAddress, values.count)
    }
}
