import FieldsealCrypto
import FieldsealCustody
import Synchronization

/// Where people give their shares to this process: its key, to which they seal them, and those that wait. Both live in
/// locked memory and as long as the process at most.
final class ShareDesk: Sendable {
    private let pair = Mutex<KeyAgreementKeyPair?>(nil)
    private let collection = Mutex(ShareCollection())

    /// The process's key pair, made when it is first asked for.
    func keyPair() throws -> KeyAgreementKeyPair {
        try pair.withLock { pair in
            if let pair { return pair }
            let made = try KeyAgreementKeyPair()
            pair = made
            return made
        }
    }

    func add(_ share: Share, nowUnixUs now: Int64) -> [Share]? {
        collection.withLock { $0.add(share, nowUnixUs: now) }
    }

    /// How many shares of which set wait.
    func waiting(nowUnixUs now: Int64) -> (set: ShareSet?, count: Int) {
        collection.withLock { collection in
            collection.expire(nowUnixUs: now)
            return (collection.set, collection.count)
        }
    }

    func forget() { collection.withLock { $0.forget() } }
}
