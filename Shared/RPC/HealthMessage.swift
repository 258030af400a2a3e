/// The two messages of `grpc.health.v1`.
public enum HealthMessage {
    /// The longest service name that is asked for, in bytes.
    public static let maximumName = 256

    /// Reads the service of a `HealthCheckRequest {1 string service}`.
    ///
    /// - Throws: `INVALID_ARGUMENT` for bytes that are no such message, or a name that is too long.
    public static func service(decoding bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> String {
        var reader = WireReader(bytes)
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        while !reader.isAtEnd {
            guard let (field, type) = reader.tag() else { throw .invalidArgument("malformed request") }
            if field == 1, type == 2 {
                guard let value = reader.lengthDelimited(), value.count <= maximumName else {
                    throw .invalidArgument("malformed request")
                }
                name = value
            } else if !reader.skip(type) {
                throw .invalidArgument("malformed request")
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// The encoded `HealthCheckResponse {1 ServingStatus status}`.
    ///
    /// - Parameter status: 1 serving, 2 not serving, 3 service unknown.
    public static func response(_ status: UInt8) -> [UInt8] { [0x08, status] }
}
