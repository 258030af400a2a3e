/// A key that is asked for.
struct FieldKeyRequest: Hashable, Sendable {
    var selector: KeySelector
    /// Seals asked for with an active version; 0: to open only.
    var seals: UInt32 = 0
    /// A version of which there are seals enough: they are asked for of another alone; 0: none.
    var held: UInt64 = 0
}

/// More seals under a version that is at hand.
struct LeaseRequest: Hashable, Sendable {
    var field: String
    var version: UInt64
    var seals: UInt32
}
