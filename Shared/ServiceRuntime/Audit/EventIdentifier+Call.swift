public import FieldsealAuditTrail
public import FieldsealRPC

extension EventIdentifier {
    /// The same 16 bytes.
    public init(_ call: CallIdentifier) {
        let words = (call.high.bigEndian, call.low.bigEndian)
        self = withUnsafeBytes(of: words) { Self($0) } ?? .zero
    }
}
