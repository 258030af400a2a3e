import Testing

@testable import FieldsealCustody

/// Against moto, which judges credentials and policies, taught keys of Ed25519.
extension AWSKMSTests {
    private func signing(_ environment: [String: String]? = nil, key: String? = nil) -> SigningKeyTrial {
        let configuration = configuration(key: key ?? standIn["signing_key"])
        return SigningKeyTrial(
            standIn: standIn, make: { try AWSKMSSigningKey(configuration, network: $0) },
            environment: environment ?? self.environment)
    }

    @Test func aKeySigns() async throws {
        let publicKey = try await signing().itSigns()
        let region = ["AWS_REGION": standIn["region"]]
        let id = standIn["signing_key"].split(separator: "/").last.map(String.init)
        let byID = try await signing(environment.merging(region) { $1 }, key: id).key().publicKey()
        #expect(byID == publicKey)
    }

    @Test func damagedSignaturesAreNoticed() async throws { try await signing().damagedSignaturesAreNoticed() }

    @Test func outagesOfASigningKeyPass() async throws {
        try await signing().outagesPass()
        try await signing().slownessEndsAtTheDeadline()
        try await signing().modeMeans("throttled", .unavailable, "ThrottlingException")
        // Expired ahead of their time: once with fresh credentials.
        let key = try signing().key()
        try await standIn.set(#"{"mode": "expired"}"#)
        _ = try await key.sign([1])
    }

    @Test func keysThatDoNotSignAreNamed() async throws {
        let powerless = environment(standIn["powerless.id"], standIn["powerless.secret"])
        try await signing(powerless).isNoSigningKey(.denied, "kms:GetPublicKey and kms:Sign")
        try await signing().modeMeans("disabled", .unknownKey, "ECC_NIST_EDWARDS25519")
        try await signing(key: standIn["key"]).isNoSigningKey(.unknownKey, "UnsupportedOperationException")
        try await signing(key: standIn["elliptic_key"]).isNoSigningKey(.unknownKey, "none of Ed25519")
        let missing = standIn["signing_key"].dropLast(12) + "000000000000"
        try await signing(key: String(missing)).isNoSigningKey(.unknownKey, "has no key")
        try await signing(environment("AKIAUNKNOWN", "x")).isNoSigningKey(.credential, "UnrecognizedClientException")
    }

    @Test(arguments: ["alias/log", "arn:aws:kms:eu-central-1:123456789012:alias/log"])
    func aliasesNameNoSigningKey(key: String) async throws {
        let error = await failure { _ = try self.signing(key: key).key() }
        #expect(error?.code == .malformed && error?.description.contains("alias") == true)
    }
}
