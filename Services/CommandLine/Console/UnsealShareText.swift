import FieldsealCrypto
import FieldsealSecureMemory

/// A share of an unseal key as its holder keeps it: base64 on one line.
struct UnsealShareText {
    private let bytes: [UInt8]

    init(_ text: String) throws(CommandFailure) {
        guard let bytes = Base64.decode(text.trimmingPrefix { $0 == " " }.description), !bytes.isEmpty else {
            throw CommandFailure(.usage, "this is no share")
        }
        self.bytes = bytes
    }

    /// Sealed to a process of key management.
    func sealed(to recipient: [UInt8], identity: String) throws(CommandFailure) -> [UInt8] {
        do {
            return try KeyAgreement.seal(
                SecretBytes(copying: bytes), to: recipient, identity: identity, context: ShareRecipient.context)
        } catch {
            throw CommandFailure(.failed, "the share could not be sealed to the service's key")
        }
    }
}

/// Opens shares that key management sealed to this process.
struct ShareRecipient {
    static let context = Array("fieldseal/v1 unseal share".utf8)

    private let pair: KeyAgreementKeyPair
    private let identity: String

    var publicKey: [UInt8] { pair.publicKey }

    /// - Parameter identity: of the caller's own certificate.
    init(identity: String) throws(CommandFailure) {
        guard let pair = try? KeyAgreementKeyPair() else {
            throw CommandFailure(.failed, "no key pair could be made")
        }
        self.pair = pair
        self.identity = identity
    }

    /// The share's text.
    func open(_ sealed: [UInt8]) throws(CommandFailure) -> String {
        do {
            let share = try pair.open(sealed, identity: identity, context: Self.context)
            return share.withUnsafeBytes { Base64.encode(Array($0)) }
        } catch {
            throw CommandFailure(.failed, "a share of the answer does not open")
        }
    }
}
