/// A ttrpc `Response`, as a view of the bytes that it was read from: valid as long as they are.
///
/// `Response {1 google.rpc.Status status; 2 bytes payload}`, `Status {1 int32 code; 2 string message; 3 repeated Any details}`
public struct ResponseEnvelope {
    /// Nil where the call succeeded.
    public private(set) var status: RPCStatus?
    public private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)

    /// The largest payload that fits into a frame, in bytes.
    public static let maximumPayload = FrameHeader.maximumLength - 5
    /// What is kept of a status message, in bytes.
    public static let maximumMessage = 1024

    /// Reads a response. A status without a code is success, as its absence is; a code that gRPC does not know is `UNKNOWN`.
    ///
    /// - Throws: `INTERNAL` for bytes that are no response.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            guard let (field, type) = reader.tag() else { throw Self.malformed }
            switch (field, type) {
            case (1, 2):
                guard let nested = reader.lengthDelimited() else { throw Self.malformed }
                status = try Self.readStatus(nested)
            case (2, 2):
                guard let value = reader.lengthDelimited() else { throw Self.malformed }
                payload = value
            default: guard reader.skip(type) else { throw Self.malformed }
            }
        }
    }

    private static let malformed = RPCStatus.internal("malformed response")

    private static func readStatus(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> RPCStatus? {
        var reader = WireReader(bytes)
        var code: Int32 = 0
        var message = ""
        while !reader.isAtEnd {
            guard let (field, type) = reader.tag() else { throw malformed }
            switch (field, type) {
            case (1, 0):
                guard let value = reader.varint() else { throw malformed }
                code = Int32(truncatingIfNeeded: value)
            case (2, 2):
                guard let text = reader.lengthDelimited() else { throw malformed }
                message = String(decoding: text.prefix(maximumMessage), as: UTF8.self)
            default: guard reader.skip(type) else { throw malformed }
            }
        }
        return code == 0 ? nil : RPCStatus(RPCCode(rawValue: code) ?? .unknown, message)
    }

    /// Bytes before a payload of `count` bytes: tag and length, or none for an empty payload.
    public static func overhead(payload count: Int) -> Int {
        count == 0 ? 0 : 1 + WireWriter.size(ofVarint: UInt64(count))
    }

    /// Writes what stands before a payload into `overhead(payload:)` bytes.
    public static func storeOverhead(payload count: Int, into target: UnsafeMutableRawBufferPointer) {
        guard count > 0 else { return }
        var writer = WireWriter(target)
        writer.byte(0x12)
        writer.varint(UInt64(count))
    }

    /// The encoded response that carries `status`, at most 1,040 bytes.
    public static func encode(_ status: RPCStatus) -> [UInt8] {
        let text = Array(
            String(String.UnicodeScalarView(status.message.unicodeScalars.prefix(maximumMessage / 4))).utf8)
        let code = UInt64(bitPattern: Int64(status.code.rawValue))
        var nested = 0
        if code != 0 { nested += 1 + WireWriter.size(ofVarint: code) }
        if !text.isEmpty { nested += WireWriter.size(ofField: text.count) }
        let size = WireWriter.size(ofField: nested)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = WireWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.byte(0x0a)
            writer.varint(UInt64(nested))
            if code != 0 {
                writer.byte(0x08)
                writer.varint(code)
            }
            if !text.isEmpty {
                writer.byte(0x12)
                writer.varint(UInt64(text.count))
                writer.bytes(text)
            }
            count = size
        }
    }
}
