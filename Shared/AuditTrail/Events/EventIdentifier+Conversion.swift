public import FieldsealCrypto
public import FieldsealRPC

extension EventIdentifier {
    /// A request's or a trace's id as the transport has it.
    @inlinable
    public init(_ identifier: CallIdentifier) {
        self.init(high: identifier.high, low: identifier.low)
    }

    @inlinable
    public init(_ identifier: ObjectID) {
        self.init(high: identifier.high, low: identifier.low)
    }
}
