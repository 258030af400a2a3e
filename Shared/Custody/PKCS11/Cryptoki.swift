internal import CFieldsealPKCS11

/// Numbers of the OASIS specification PKCS #11 2.40 (base, section 3; mechanisms, sections 2.8 and 2.12), of EdDSA from 3.0
/// (mechanisms, section 2.3).
enum Cryptoki {
    enum Flag {
        static let osLocking: CK_FLAGS = 0x2
        static let serialSession: CK_FLAGS = 0x4
        static let writableSession: CK_FLAGS = 0x2
        static let userPINFinalTry: CK_FLAGS = 0x2_0000
        static let userPINLocked: CK_FLAGS = 0x4_0000
    }

    static let user: CK_ULONG = 1
    static let publicKey: CK_ULONG = 2
    static let privateKey: CK_ULONG = 3
    static let secretKey: CK_ULONG = 4
    static let aes: CK_ULONG = 0x1f
    static let edwards: CK_ULONG = 0x40

    enum Attribute {
        static let objectClass: CK_ULONG = 0
        static let token: CK_ULONG = 1
        static let isPrivate: CK_ULONG = 2
        static let label: CK_ULONG = 3
        static let keyType: CK_ULONG = 0x100
        static let sensitive: CK_ULONG = 0x103
        static let encrypt: CK_ULONG = 0x104
        static let decrypt: CK_ULONG = 0x105
        static let sign: CK_ULONG = 0x108
        static let verify: CK_ULONG = 0x10a
        static let valueLength: CK_ULONG = 0x161
        static let extractable: CK_ULONG = 0x162
        static let curve: CK_ULONG = 0x180
        static let point: CK_ULONG = 0x181
    }

    enum Mechanism {
        static let aesKeyGeneration: CK_ULONG = 0x1080
        static let aesGCM: CK_ULONG = 0x1087
        static let edwardsKeyPairGeneration: CK_ULONG = 0x1055
        static let edDSA: CK_ULONG = 0x1057
    }
}

/// What a module's function answered.
struct CryptokiFailure: Error, Equatable {
    let function: String
    let code: CK_RV

    static let ok: CK_RV = 0

    /// The session, or what was known of the token, is gone: worth a new session.
    var isSessionLost: Bool {
        switch code {
        case 0x30, 0x32, 0x60, 0x82, 0xb0, 0xb3, 0xe0, 0xe1, 0x101, 0x190: true
        default: false
        }
    }

    /// The wrap is not of this key, or was altered. Modules also answer a general failure to a tag that does not hold.
    var isRejection: Bool {
        switch code {
        case 0x40, 0x41, 0x42: true
        case 0x05, 0x06: function == "C_Decrypt"
        default: false
        }
    }

    var error: MasterKeyError {
        switch code {
        case 0xa0, 0xa1, 0xa2:
            MasterKeyError(code: .credential, description: "the token refuses the PIN; it is not tried again")
        case 0xa3: MasterKeyError(code: .credential, description: "the token's PIN has expired")
        case 0xa4: MasterKeyError(code: .credential, description: "the token's PIN is locked")
        case 0x102: MasterKeyError(code: .credential, description: "the token has no user PIN yet")
        case 0x70, 0x71:
            MasterKeyError(code: .credential, description: "the token cannot do this with its key (\(name))")
        case 0x63, 0x68:
            MasterKeyError(code: .credential, description: "the token's key may not be used for this (\(name))")
        case _ where isRejection:
            MasterKeyError(
                code: .refused,
                description: "the token does not open the wrap: made under another key, or altered (\(name))")
        default: MasterKeyError(code: .unavailable, description: "the token does not answer as it should (\(name))")
        }
    }

    private var name: String { "\(function): 0x\(String(code, radix: 16))" }
}
