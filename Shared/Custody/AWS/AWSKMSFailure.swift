internal import FieldsealHTTP

/// An error answer of AWS KMS ("Common errors" and the operations' errors, AWS KMS API Reference).
struct AWSKMSFailure {
    let status: Int
    /// Without the namespace, e.g. `AccessDeniedException`.
    let type: String
    private let isClockSkew: Bool

    init(_ response: HTTPResponse) {
        status = response.status
        let word = response.string("__type") ?? response.header("x-amzn-errortype") ?? ""
        type = String((word.split(separator: "#").last ?? "").prefix { $0 != ":" })
        let message = response.string("message") ?? response.string("Message") ?? ""
        isClockSkew =
            type == "RequestTimeTooSkewed" || type == "RequestExpired" || message.contains("Signature expired")
            || message.contains("Signature not yet current")
    }

    var isThrottling: Bool {
        ["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"].contains(type)
    }

    var isCredential: Bool {
        !isClockSkew
            && [
                "UnrecognizedClientException", "InvalidClientTokenId", "InvalidClientTokenIdException",
                "ExpiredTokenException", "ExpiredToken", "InvalidSignatureException", "SignatureDoesNotMatch",
                "MissingAuthenticationToken", "MissingAuthenticationTokenException", "IncompleteSignature",
                "InvalidAccessKeyId", "AuthFailure",
            ].contains(type)
    }

    /// - Parameter wrappedUnder: the key that the wrap names, for an unwrap.
    func error(key: String, for use: KeyUse, region: String, wrappedUnder: String?) -> MasterKeyError {
        if isClockSkew {
            return MasterKeyError(
                code: .unavailable,
                description: "AWS KMS refuses this machine's clock: set it right (NTP); signatures last five minutes")
        }
        if isCredential {
            return MasterKeyError(
                code: .credential,
                description:
                    "AWS KMS does not accept the credentials (\(type)): check the access key, its secret and its "
                    + "session token")
        }
        switch type {
        case "AccessDeniedException", "AccessDenied", "NotAuthorized", "OptInRequired":
            return MasterKeyError(
                code: .denied,
                description:
                    "AWS KMS denies the use of key \(key): allow \(use.actions) in the key's policy and the role's")
        case "NotFoundException":
            return MasterKeyError(code: .unknownKey, description: "AWS KMS has no key \(key) in \(region)")
        case "DisabledException", "KMSInvalidStateException", "InvalidKeyUsageException", "InvalidGrantTokenException",
            "UnsupportedOperationException":
            return MasterKeyError(
                code: .unknownKey,
                description:
                    "AWS KMS key \(key) cannot be used (\(type)): enable it; it must be \(use.kind)")
        case "IncorrectKeyException":
            return MasterKeyError(
                code: .refused,
                description:
                    "the key was wrapped under \(wrappedUnder ?? "another key"), not under \(key): configure that")
        case "InvalidCiphertextException":
            return MasterKeyError(
                code: .refused, description: "AWS KMS does not open the wrapped key: it was altered or is another's")
        default:
            let code: MasterKeyError.Code = status == 400 && !isThrottling ? .refused : .unavailable
            return MasterKeyError(
                code: code, description: "AWS KMS answered \(status): \(MasterKeyError.word(type))")
        }
    }
}

extension KeyUse {
    fileprivate var actions: String {
        switch self {
        case .wrapping: "kms:Encrypt and kms:Decrypt"
        case .signing: "kms:GetPublicKey and kms:Sign"
        }
    }

    fileprivate var kind: String {
        switch self {
        case .wrapping: "a symmetric encryption key"
        case .signing: "one to sign with, of spec ECC_NIST_EDWARDS25519"
        }
    }
}
