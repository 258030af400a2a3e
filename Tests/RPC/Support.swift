import FieldsealRPC

/// Bytes written in hexadecimal, blanks allowed.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace && !$0.isNewline }
    var bytes: [UInt8] = []
    var index = digits.startIndex
    while index < digits.endIndex {
        let next = digits.index(index, offsetBy: 2)
        bytes.append(UInt8(digits[index..<next], radix: 16) ?? 0)
        index = next
    }
    return bytes
}

/// A length-delimited field with a one-byte tag.
func field(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] {
    precondition(value.count < 16384)
    let count = value.count
    return [tag] + (count < 128 ? [UInt8(count)] : [UInt8(count & 0x7f | 0x80), UInt8(count >> 7)]) + value
}

func metadata(_ key: String, _ value: String) -> [UInt8] {
    field(0x2a, field(0x0a, Array(key.utf8)) + field(0x12, Array(value.utf8)))
}

func header(_ stream: UInt32, _ kind: FrameKind = .request, _ flags: FrameFlags = [], length: UInt32 = 0) -> FrameHeader
{
    FrameHeader(length: length, stream: stream, kind: kind, flags: flags)
}

/// What of a request outlives its bytes.
struct DecodedRequest: Equatable {
    var service: String
    var method: String
    var payload: [UInt8]
    var timeout: Int64
    var requestID: CallIdentifier
    var traceID: CallIdentifier

    init(_ bytes: [UInt8]) throws {
        self = try bytes.withUnsafeBytes { raw in
            DecodedRequest(try RequestEnvelope(decoding: raw))
        }
    }

    private init(_ request: RequestEnvelope) {
        service = String(decoding: request.service, as: UTF8.self)
        method = String(decoding: request.method, as: UTF8.self)
        payload = Array(request.payload)
        timeout = request.timeout
        requestID = request.requestID
        traceID = request.traceID
    }
}

func encode(_ head: RequestHead, _ payload: [UInt8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: head.size(payload: payload.count))
    bytes.withUnsafeMutableBytes { target in payload.withUnsafeBytes { head.store(payload: $0, into: target) } }
    return bytes
}

/// A generator whose every draw is the same.
struct ConstantGenerator: RandomNumberGenerator {
    var value: UInt64
    mutating func next() -> UInt64 { value }
}
