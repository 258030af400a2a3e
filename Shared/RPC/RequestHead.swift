/// A service and a method, encoded once for many requests.
public struct RequestPath: Sendable, Hashable {
    let prefix: [UInt8]

    public init(service: String, method: String) {
        let (service, method) = (Array(service.utf8), Array(method.utf8))
        let size = WireWriter.size(ofField: service.count) + WireWriter.size(ofField: method.count)
        prefix = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = WireWriter(UnsafeMutableRawBufferPointer(buffer))
            for (tag, name) in [(UInt8(0x0a), service), (0x12, method)] {
                writer.byte(tag)
                writer.varint(UInt64(name.count))
                writer.bytes(name)
            }
            count = size
        }
    }
}

/// What stands beside the payload of a `Request`; writes the whole envelope.
public struct RequestHead: Sendable {
    public var path: RequestPath
    /// Nanoseconds from now; 0: none.
    public var timeout: Int64
    /// Zero sends none.
    public var requestID: CallIdentifier
    /// Zero sends none.
    public var traceID: CallIdentifier
    /// The span that calls; sent with a trace id, never zero.
    public var parentID: UInt64

    public init(
        path: RequestPath, timeout: Int64 = 0, requestID: CallIdentifier = .zero, traceID: CallIdentifier = .zero,
        parentID: UInt64 = 1
    ) {
        self.path = path
        self.timeout = timeout
        self.requestID = requestID
        self.traceID = traceID
        self.parentID = parentID
    }

    /// Bytes of the envelope with a payload of `count` bytes.
    public func size(payload count: Int) -> Int {
        var size = path.prefix.count
        if count > 0 { size += WireWriter.size(ofField: count) }
        if timeout != 0 { size += 1 + WireWriter.size(ofVarint: UInt64(bitPattern: timeout)) }
        if !requestID.isZero { size += 58 }
        if !traceID.isZero { size += 72 }
        return size
    }

    /// Writes the envelope into exactly `size(payload:)` bytes.
    public func store(payload: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        var writer = WireWriter(target)
        writer.bytes(path.prefix)
        if !payload.isEmpty {
            writer.byte(0x1a)
            writer.varint(UInt64(payload.count))
            writer.bytes(payload)
        }
        if timeout != 0 {
            writer.byte(0x20)
            writer.varint(UInt64(bitPattern: timeout))
        }
        if !requestID.isZero {
            writer.metadata(MetadataKey.requestID, valueCount: 32)
            writer.hex(requestID.high)
            writer.hex(requestID.low)
        }
        if !traceID.isZero {
            writer.metadata(MetadataKey.traceParent, valueCount: 55)
            writer.string("00-")
            writer.hex(traceID.high)
            writer.hex(traceID.low)
            writer.byte(0x2d)
            writer.hex(parentID)
            writer.string("-01")
        }
    }
}

extension WireWriter {
    /// Begins a metadata entry whose key and value are shorter than 128 bytes together; the value follows.
    fileprivate mutating func metadata(_ key: StaticString, valueCount: UInt8) {
        let keyCount = UInt8(key.utf8CodeUnitCount)
        byte(0x2a)
        byte(keyCount + valueCount + 4)
        byte(0x0a)
        byte(keyCount)
        string(key)
        byte(0x12)
        byte(valueCount)
    }
}
