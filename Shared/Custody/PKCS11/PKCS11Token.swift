internal import CFieldsealPKCS11
internal import FieldsealCrypto
internal import FieldsealSecureMemory

/// What a key on a token is for.
enum PKCS11KeyKind {
    /// AES.
    case wrapping
    /// The private half of an Ed25519 key.
    case signing
    /// The public half.
    case verifying

    var objectClass: CK_ULONG {
        switch self {
        case .wrapping: Cryptoki.secretKey
        case .signing: Cryptoki.privateKey
        case .verifying: Cryptoki.publicKey
        }
    }

    var keyType: CK_ULONG { self == .wrapping ? Cryptoki.aes : Cryptoki.edwards }

    var name: String {
        switch self {
        case .wrapping: "AES key"
        case .signing: "private Ed25519 key"
        case .verifying: "public Ed25519 key"
        }
    }
}

/// One key on one token, and the session to it. Called on its module's queue alone.
final class PKCS11Token: @unchecked Sendable {
    // Sendable: its state changes only on the module's queue, where one call follows the other.
    struct Session {
        let handle: CK_SESSION_HANDLE
        let key: CK_OBJECT_HANDLE
    }

    static let ivCount = 12
    static let tagCount = 16

    private let module: PKCS11Module
    let configuration: PKCS11Configuration
    private var session: CK_SESSION_HANDLE?
    /// A PIN that the token has refused: trying it again would lock the token.
    private var refusedPIN: SharedSecret?

    var functions: CK_FUNCTION_LIST { module.functions }

    init(_ module: PKCS11Module, _ configuration: PKCS11Configuration) {
        self.module = module
        self.configuration = configuration
    }

    /// IV ‖ ciphertext ‖ tag.
    func seal(_ secret: borrowing SecretBytes, associatedData: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: secret.count + Self.tagCount)
        let iv = try inSession { session in
            var iv = try SecureRandom.bytes(Self.ivCount)
            try withGCM(&iv, associatedData) { mechanism in
                try check("C_EncryptInit", functions.C_EncryptInit?(session.handle, mechanism, session.key))
            }
            var count = CK_ULONG(output.count)
            try secret.withUnsafeBytes { secret in
                try check(
                    "C_Encrypt",
                    functions.C_Encrypt?(
                        session.handle, secret.bindMemory(to: CK_BYTE.self).baseAddress, CK_ULONG(secret.count),
                        &output, &count))
            }
            guard Int(count) == output.count else { throw CryptokiFailure(function: "C_Encrypt", code: 0x150) }
            return iv
        }
        return iv + output
    }

    func open(_ sealed: [UInt8], associatedData: [UInt8]) throws -> SecretBytes {
        var iv = Array(sealed[..<Self.ivCount])
        let ciphertext = Array(sealed[Self.ivCount...])
        // Some modules ask for room for the tag, too.
        var room = try SecretBytes(count: ciphertext.count)
        let count = try inSession { session in
            try withGCM(&iv, associatedData) { mechanism in
                try check("C_DecryptInit", functions.C_DecryptInit?(session.handle, mechanism, session.key))
            }
            var count = CK_ULONG(room.count)
            try room.withUnsafeMutableBytes { room in
                try check(
                    "C_Decrypt",
                    functions.C_Decrypt?(
                        session.handle, ciphertext, CK_ULONG(ciphertext.count),
                        room.bindMemory(to: CK_BYTE.self).baseAddress, &count))
            }
            return Int(count)
        }
        guard count == ciphertext.count - Self.tagCount else {
            throw MasterKeyError(code: .refused, description: "the token gives a key of another size")
        }
        return try room.withUnsafeBytes { try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// Makes the key: AES-256, on the token for good, never leaving it. What an administrator otherwise does with
    /// `pkcs11-tool --keygen --key-type AES:32`.
    func makeKey() throws {
        try perform {
            let handle = try logIn(writable: true)
            defer { _ = functions.C_CloseSession?(handle) }
            var (secretKey, aes, length) = (Cryptoki.secretKey, Cryptoki.aes, CK_ULONG(32))
            var (yes, no): (CK_BYTE, CK_BYTE) = (1, 0)
            var label = Array(configuration.keyLabel.utf8)
            var mechanism = CK_MECHANISM(
                mechanism: Cryptoki.Mechanism.aesKeyGeneration, pParameter: nil, ulParameterLen: 0)
            var key: CK_OBJECT_HANDLE = 0
            try withPointers(&secretKey, &aes, &length, &yes, &no, &label) { secretKey, aes, length, yes, no, label in
                typealias Attribute = Cryptoki.Attribute
                var template = [
                    CK_ATTRIBUTE(type: Attribute.objectClass, pValue: secretKey, ulValueLen: 8),
                    CK_ATTRIBUTE(type: Attribute.keyType, pValue: aes, ulValueLen: 8),
                    CK_ATTRIBUTE(type: Attribute.valueLength, pValue: length, ulValueLen: 8),
                    CK_ATTRIBUTE(
                        type: Attribute.label, pValue: label.baseAddress, ulValueLen: CK_ULONG(label.count)),
                    CK_ATTRIBUTE(type: Attribute.token, pValue: yes, ulValueLen: 1),
                    CK_ATTRIBUTE(type: Attribute.isPrivate, pValue: yes, ulValueLen: 1),
                    CK_ATTRIBUTE(type: Attribute.sensitive, pValue: yes, ulValueLen: 1),
                    CK_ATTRIBUTE(type: Attribute.encrypt, pValue: yes, ulValueLen: 1),
                    CK_ATTRIBUTE(type: Attribute.decrypt, pValue: yes, ulValueLen: 1),
                    CK_ATTRIBUTE(type: Attribute.extractable, pValue: no, ulValueLen: 1),
                ]
                try check(
                    "C_GenerateKey",
                    functions.C_GenerateKey?(handle, &mechanism, &template, CK_ULONG(template.count), &key))
            }
        }
    }

    // MARK: Sessions

    /// Runs `body` in the session, and once more in a new one where the session, or the token, was gone meanwhile.
    func inSession<Value>(
        _ kind: PKCS11KeyKind = .wrapping, _ body: (Session) throws -> Value
    ) throws -> Value {
        try perform {
            let isFresh = session == nil
            do {
                return try body(try ready(kind))
            } catch let failure as CryptokiFailure where failure.isSessionLost {
                closeSession()
                guard !isFresh else { throw failure }
                return try body(try ready(kind))
            }
        }
    }

    func perform<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let failure as CryptokiFailure {
            throw failure.error
        }
    }

    /// The key is looked for at each use, so that a second one of its label is noticed while the service still runs.
    private func ready(_ kind: PKCS11KeyKind) throws -> Session {
        let handle = try session ?? logIn(writable: false)
        session = handle
        guard let key = try findKey(kind, handle) else {
            throw MasterKeyError(
                code: .credential, description: "the token has no \(kind.name) with the label \(configuration.keyLabel)"
            )
        }
        return Session(handle: handle, key: key)
    }

    private func closeSession() {
        if let session { _ = functions.C_CloseSession?(session) }
        session = nil
    }

    func closeAllSessions() throws {
        let (slot, _) = try findToken()
        try check("C_CloseAllSessions", functions.C_CloseAllSessions?(slot))
    }

    func logIn(writable: Bool) throws -> CK_SESSION_HANDLE {
        let (slot, flags) = try findToken()
        guard flags & Cryptoki.Flag.userPINLocked == 0 else {
            throw MasterKeyError(code: .credential, description: "the token's PIN is locked")
        }
        var handle: CK_SESSION_HANDLE = 0
        let mode = Cryptoki.Flag.serialSession | (writable ? Cryptoki.Flag.writableSession : 0)
        try check("C_OpenSession", functions.C_OpenSession?(slot, mode, nil, nil, &handle))
        do {
            try logIn(handle, flags: flags)
            return handle
        } catch {
            _ = functions.C_CloseSession?(handle)
            throw error
        }
    }

    private func logIn(_ handle: CK_SESSION_HANDLE, flags: CK_FLAGS) throws {
        let pin = try configuration.pinFile.read()
        if let refusedPIN, constantTimeEquals(refusedPIN.bytes, pin) {
            throw MasterKeyError(
                code: .credential,
                description: "the token has refused the PIN in \(configuration.pinFile.path); correct the file")
        }
        guard flags & Cryptoki.Flag.userPINFinalTry == 0 else {
            throw MasterKeyError(
                code: .credential,
                description: "the token's PIN has one attempt left, which is left to its administrator")
        }
        let answer = pin.withUnsafeBytes { pin in
            functions.C_Login?(
                handle, Cryptoki.user, pin.bindMemory(to: CK_BYTE.self).baseAddress, CK_ULONG(pin.count))
        }
        // Another session of the process may have logged in: it holds for all.
        if answer == 0x100 { return }
        if let answer, [0xa0, 0xa1, 0xa2].contains(answer) { refusedPIN = SharedSecret(pin) }
        try check("C_Login", answer)
        refusedPIN = nil
    }

    private func findToken() throws -> (slot: CK_SLOT_ID, flags: CK_FLAGS) {
        var count: CK_ULONG = 0
        try check("C_GetSlotList", functions.C_GetSlotList?(1, nil, &count))
        var slots = [CK_SLOT_ID](repeating: 0, count: Int(min(count, 1_024)))
        count = CK_ULONG(slots.count)
        try check("C_GetSlotList", functions.C_GetSlotList?(1, &slots, &count))
        for slot in slots.prefix(Int(min(count, 1_024))) {
            var info = CK_TOKEN_INFO()
            guard functions.C_GetTokenInfo?(slot, &info) == CryptokiFailure.ok else { continue }
            let label = withUnsafeBytes(of: info.label) { String(decoding: $0, as: UTF8.self) }
            switch configuration.token {
            case .slot(let wanted) where wanted == slot: return (slot, info.flags)
            case .label(let wanted) where label.trimmedAtEnd == wanted: return (slot, info.flags)
            case .slot, .label: continue
            }
        }
        throw MasterKeyError(code: .unavailable, description: "there is no token \(configuration.token)")
    }

    /// The key of the configured label; nil: there is none.
    func findKey(_ kind: PKCS11KeyKind, _ handle: CK_SESSION_HANDLE) throws -> CK_OBJECT_HANDLE? {
        var (objectClass, keyType) = (kind.objectClass, kind.keyType)
        var label = Array(configuration.keyLabel.utf8)
        try withUnsafeMutablePointer(to: &objectClass) { objectClass in
            try withUnsafeMutablePointer(to: &keyType) { keyType in
                try label.withUnsafeMutableBytes { label in
                    var template = [
                        CK_ATTRIBUTE(type: Cryptoki.Attribute.objectClass, pValue: objectClass, ulValueLen: 8),
                        CK_ATTRIBUTE(type: Cryptoki.Attribute.keyType, pValue: keyType, ulValueLen: 8),
                        CK_ATTRIBUTE(
                            type: Cryptoki.Attribute.label, pValue: label.baseAddress,
                            ulValueLen: CK_ULONG(label.count)),
                    ]
                    try check(
                        "C_FindObjectsInit", functions.C_FindObjectsInit?(handle, &template, CK_ULONG(template.count)))
                }
            }
        }
        defer { _ = functions.C_FindObjectsFinal?(handle) }
        var keys: [CK_OBJECT_HANDLE] = []
        // A module may give fewer at a time than there are.
        while keys.count < 2 {
            var (key, count): (CK_OBJECT_HANDLE, CK_ULONG) = (0, 0)
            try check("C_FindObjects", functions.C_FindObjects?(handle, &key, 1, &count))
            guard count == 1 else { break }
            keys.append(key)
        }
        guard keys.count <= 1 else {
            throw MasterKeyError(
                code: .credential,
                description: "the token has several \(kind.name)s with the label \(configuration.keyLabel)")
        }
        return keys.first
    }

    // MARK: Calls

    /// A function that the module lacks counts as one that is not supported.
    func check(_ function: String, _ answer: CK_RV?) throws(CryptokiFailure) {
        guard let answer, answer == CryptokiFailure.ok else {
            throw CryptokiFailure(function: function, code: answer ?? 0x54)
        }
    }

    /// Modules in FIPS mode make the IV themselves and write it to `iv`.
    private func withGCM(
        _ iv: inout [UInt8], _ associatedData: [UInt8], _ body: (UnsafeMutablePointer<CK_MECHANISM>) throws -> Void
    ) throws {
        var associatedData = associatedData
        try iv.withUnsafeMutableBufferPointer { iv in
            try associatedData.withUnsafeMutableBufferPointer { associatedData in
                var parameters = CK_GCM_PARAMS(
                    pIv: iv.baseAddress, ulIvLen: CK_ULONG(iv.count), ulIvBits: CK_ULONG(iv.count * 8),
                    pAAD: associatedData.baseAddress, ulAADLen: CK_ULONG(associatedData.count),
                    ulTagBits: CK_ULONG(Self.tagCount * 8))
                try withUnsafeMutablePointer(to: &parameters) { parameters in
                    var mechanism = CK_MECHANISM(
                        mechanism: Cryptoki.Mechanism.aesGCM, pParameter: parameters,
                        ulParameterLen: CK_ULONG(MemoryLayout<CK_GCM_PARAMS>.size))
                    try body(&mechanism)
                }
            }
        }
    }
}

private func withPointers(
    _ a: inout CK_ULONG, _ b: inout CK_ULONG, _ c: inout CK_ULONG, _ d: inout CK_BYTE, _ e: inout CK_BYTE,
    _ bytes: inout [UInt8],
    _ body: (
        UnsafeMutablePointer<CK_ULONG>, UnsafeMutablePointer<CK_ULONG>, UnsafeMutablePointer<CK_ULONG>,
        UnsafeMutablePointer<CK_BYTE>, UnsafeMutablePointer<CK_BYTE>, UnsafeMutableRawBufferPointer
    ) throws -> Void
) throws {
    try bytes.withUnsafeMutableBytes { try body(&a, &b, &c, &d, &e, $0) }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = Substring(self)
        while text.last == " " || text.last == "\0" { text.removeLast() }
        return String(text)
    }
}
