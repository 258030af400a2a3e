/// A ttrpc `Request`, as a view of the bytes that it was read from: valid as long as they are.
///
/// `Request {1 string service; 2 string method; 3 bytes payload; 4 int64 timeout_nano; 5 repeated KeyValue metadata}`
public struct RequestEnvelope {
    public private(set) var service = UnsafeRawBufferPointer(start: nil, count: 0)
    public private(set) var method = UnsafeRawBufferPointer(start: nil, count: 0)
    public private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Nanoseconds from now; 0: none; below 0: passed already.
    public private(set) var timeout: Int64 = 0
    /// `fieldseal-request-id`; zero where there is none.
    public private(set) var requestID = CallIdentifier.zero
    /// The trace id of `traceparent`; zero where there is none, or none that W3C Trace Context accepts.
    public private(set) var traceID = CallIdentifier.zero

    /// Metadata entries that a request may carry.
    public static let maximumMetadata = 64

    /// Reads a request. Fields that are not known are skipped; of a repeated field the last one counts.
    ///
    /// - Throws: `INVALID_ARGUMENT` for bytes that are no request, too much metadata, or a malformed request id.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var reader = WireReader(bytes)
        var metadata = 0
        while !reader.isAtEnd {
            guard let (field, type) = reader.tag() else { throw Self.malformed }
            switch (field, type) {
            case (1, 2): service = try Self.value(reader.lengthDelimited())
            case (2, 2): method = try Self.value(reader.lengthDelimited())
            case (3, 2): payload = try Self.value(reader.lengthDelimited())
            case (4, 0): timeout = Int64(bitPattern: try Self.value(reader.varint()))
            case (5, 2):
                metadata += 1
                guard metadata <= Self.maximumMetadata else { throw .invalidArgument("too much metadata") }
                try readMetadata(Self.value(reader.lengthDelimited()))
            default: guard reader.skip(type) else { throw Self.malformed }
            }
        }
    }

    private static let malformed = RPCStatus.invalidArgument("malformed request")

    private static func value<T>(_ value: T?) throws(RPCStatus) -> T {
        guard let value else { throw malformed }
        return value
    }

    private mutating func readMetadata(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var reader = WireReader(bytes)
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = key
        while !reader.isAtEnd {
            guard let (field, type) = reader.tag() else { throw Self.malformed }
            switch (field, type) {
            case (1, 2): key = try Self.value(reader.lengthDelimited())
            case (2, 2): value = try Self.value(reader.lengthDelimited())
            default: guard reader.skip(type) else { throw Self.malformed }
            }
        }
        if key.equals(MetadataKey.requestID) {
            guard let identifier = CallIdentifier(hex: value) else { throw .invalidArgument("malformed request id") }
            requestID = identifier
        } else if key.equals(MetadataKey.traceParent) {
            traceID = CallIdentifier(traceParent: value) ?? .zero
        }
    }
}

/// The metadata keys that Fieldseal reads.
public enum MetadataKey {
    /// 32 hexadecimal digits.
    public static let requestID: StaticString = "fieldseal-request-id"
    /// W3C Trace Context.
    public static let traceParent: StaticString = "traceparent"
}

extension UnsafeRawBufferPointer {
    func equals(_ string: StaticString) -> Bool {
        count == string.utf8CodeUnitCount
            && elementsEqual(UnsafeRawBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
    }
}
