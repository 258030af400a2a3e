public import FieldsealPostgres

/// Names one alert for good: an alert that is sent twice carries the same identifier, by which receivers know it.
public struct AlertIdentifier: Hashable, Sendable, CustomStringConvertible {
    let uuid: PostgresUUID

    public init(_ uuid: PostgresUUID) { self.uuid = uuid }

    /// 16 bytes.
    public var bytes: [UInt8] { uuid.bytes }

    /// As UUIDs are written, in small letters.
    public var description: String {
        let digits = uuid.bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0\(text)" : text
        }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
