internal import CFieldsealPKCS11
internal import Dispatch
internal import Synchronization

/// A loaded module. Modules differ in how they bear threads: all calls into one are made one after the other.
final class PKCS11Module: @unchecked Sendable {
    // Sendable: the function list does not change, and is called on `queue` alone, after C_Initialize in `init`.
    let functions: CK_FUNCTION_LIST
    private let queue: DispatchQueue

    private static let loaded = Mutex<[String: PKCS11Module]>([:])

    /// A module is loaded and initialised once, and stays as long as the process.
    static func load(_ path: String) throws(MasterKeyError) -> PKCS11Module {
        try loaded.withLock { loaded throws(MasterKeyError) in
            if let module = loaded[path] { return module }
            let module = try PKCS11Module(path)
            loaded[path] = module
            return module
        }
    }

    private init(_ path: String) throws(MasterKeyError) {
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        if let problem = fieldseal_pkcs11_load(path, &list) {
            throw MasterKeyError(
                code: .credential, description: "PKCS #11 module \(path): \(String(cString: problem))")
        }
        guard let list else {
            throw MasterKeyError(code: .credential, description: "PKCS #11 module \(path) has no functions")
        }
        functions = list.pointee
        queue = DispatchQueue(label: "fieldseal.pkcs11")
        var arguments = CK_C_INITIALIZE_ARGS()
        arguments.flags = Cryptoki.Flag.osLocking
        let answer = functions.C_Initialize?(&arguments) ?? 0x54
        // Another part of the process may have initialised it.
        guard answer == CryptokiFailure.ok || answer == 0x191 else {
            throw CryptokiFailure(function: "C_Initialize", code: answer).error
        }
    }

    /// Does `body` where the module may be called.
    ///
    /// - Throws: `MasterKeyError` `.unavailable` where the module does not come back in time; it is left behind.
    func perform<Value: Sendable>(
        within limit: DispatchTimeInterval, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let answer = Answer(continuation)
            queue.async { answer.give(Result { try body() }) }
            DispatchQueue.global().asyncAfter(deadline: .now() + limit) {
                answer.give(
                    .failure(MasterKeyError(code: .unavailable, description: "the PKCS #11 module does not come back")))
            }
        }
    }
}

/// Given once; what comes later is dropped.
private final class Answer<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

    init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

    func give(_ result: Result<Value, any Error>) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(with: result)
    }
}
