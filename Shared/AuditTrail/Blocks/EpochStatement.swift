public import FieldsealMessages
internal import FieldsealTransparencyLog

extension Proto.EpochStatement {
    /// In one statement.
    public static let maximumUses = 100

    /// Whether lengths and numbers are those of a statement. What it says may be untrue.
    public var isWellFormed: Bool {
        epoch.count == 16 && hash.count == TreeHash.byteCount && (1...UInt64(Int64.max)).contains(sequence)
            && uses.count <= Self.maximumUses && uses.allSatisfy { $0.version != 0 && $0.operation != .unspecified }
    }
}
