import Synchronization

/// What the first blocks of epochs say of their signatures. It never changes once it is stored.
final class EpochSigningCache: Sendable {
    struct Epoch: Hashable {
        let producer: String
        let bytes: [UInt8]
    }

    private static let capacity = 1_024

    private let known = Mutex<[Epoch: EpochSigning]>([:])

    subscript(epoch: Epoch) -> EpochSigning? { known.withLock { $0[epoch] } }

    func store(_ signing: EpochSigning, of epoch: Epoch) {
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
            known[epoch] = signing
        }
    }
}
