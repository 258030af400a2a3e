import FieldsealCrypto
import FieldsealCustody

extension Share {
    /// As its holder typed it.
    static func typed(_ text: String) throws(CommandFailure) -> Share {
        do {
            return try Share(text: text)
        } catch let error as ShareError {
            throw CommandFailure(.usage, error.description)
        } catch {
            throw CommandFailure(.failed, "there is no memory for the share")
        }
    }

    /// Sealed to a process of key management.
    /// - Parameter identity: that service's.
    func given(to recipient: [UInt8], identity: String) throws(CommandFailure) -> [UInt8] {
        do {
            return try sealed(to: recipient, identity: identity, way: .given)
        } catch {
            throw CommandFailure(.failed, "the share cannot be sealed to the service's key")
        }
    }
}

/// Opens shares that key management sealed to this process.
struct ShareRecipient {
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
            return try Share(sealed: sealed, pair: pair, identity: identity, way: .made).text()
        } catch {
            throw CommandFailure(.failed, "a share of the answer does not open")
        }
    }
}
