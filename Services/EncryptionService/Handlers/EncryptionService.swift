import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealRPCTransport
import FieldsealServiceRuntime
import NIOCore

/// `fieldseal.v1.Encryption`: what its handlers share over all event loops.
struct EncryptionService: RPCService {
    let name = "fieldseal.v1.Encryption"
    let methods = EncryptionMethod.allCases.map(\.descriptor)

    let source: any KeySource
    let store: FieldKeyStore
    let loader: KeyLoader
    let work: BackgroundWork
    let policy: PolicyStore
    let trail: AuditTrail
    let clock: any BootClock
    /// Keyed cipher contexts on each event loop.
    let keyedCiphers: Int
    /// Searches of records that identities may make.
    var searches = SearchBudget()
    /// What all event loops keep.
    var caches = EventLoopCaches()

    func makeHandler(on loop: any EventLoop) -> any RPCHandler {
        do throws(CryptoError) {
            return try EncryptionHandler(self, ciphers: LoopCiphers(capacity: keyedCiphers), loop: loop)
        } catch {
            return BrokenHandler()
        }
    }
}

/// Stands where an event loop could not be given what it needs: locked memory or random numbers.
private final class BrokenHandler: RPCHandler {
    func unary(
        method: Int, payload: UnsafeRawBufferPointer, call: borrowing ServerCall, reply: inout ReplyWriter
    ) -> UnaryOutcome {
        .failed(.unavailable("the service has no memory for keys"))
    }
}
