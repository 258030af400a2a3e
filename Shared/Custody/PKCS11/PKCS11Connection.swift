internal import Synchronization

/// A token as it is configured, through its module. Connects where it has to.
final class PKCS11Connection: Sendable {
    let configuration: PKCS11Configuration
    private let token = Mutex<PKCS11Token?>(nil)

    init(_ configuration: PKCS11Configuration) { self.configuration = configuration }

    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PKCS11Token) throws -> Value
    ) async throws -> Value {
        let module = try PKCS11Module.load(configuration.module)
        let token = token.withLock { token in
            let known = token ?? PKCS11Token(module, configuration)
            token = known
            return known
        }
        return try await module.perform(within: .seconds(configuration.limitSeconds)) { try body(token) }
    }
}
